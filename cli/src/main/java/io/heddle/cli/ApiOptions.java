package io.heddle.cli;

import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.api.Credentials;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** Which control plane a verb talks to. */
final class ApiOptions {
  private static final String DEFAULT = "http://127.0.0.1:7070";
  private static final Set<String> LOCAL = Set.of("127.0.0.1", "localhost", "[::1]");

  @Option(
      names = "--api",
      paramLabel = "URL",
      description =
          "REST API of the control plane. Default: HEDDLE_API, else what `heddle up` runs in the"
              + " --state folder, else "
              + DEFAULT)
  private String api = "";

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Folder of `heddle up`. Default: HEDDLE_STATE, else .heddle")
  private String state = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "File that holds your token. Default: HEDDLE_TOKEN_FILE; HEDDLE_TOKEN may hold the token"
              + " itself")
  private String tokenFile = "";

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "Authority of the control plane's certificate (its tls/ca.pem). Default: HEDDLE_CA")
  private String authority = "";

  ControlPlane controlPlane(Terminal terminal) {
    URI base = base(terminal);
    String file = tokenFile.isEmpty() ? of(terminal, "HEDDLE_TOKEN_FILE") : tokenFile;
    String secret = tokenFile.isEmpty() ? of(terminal, "HEDDLE_TOKEN") : "";
    Credentials credentials =
        Credentials.of(secret, file, authority.isEmpty() ? of(terminal, "HEDDLE_CA") : authority);
    boolean clear = base.getScheme().equals("http") && !LOCAL.contains(base.getHost());
    if (clear && !(secret.isEmpty() && file.isEmpty())) {
      throw UsageFailure.of(
          "--api: " + base + " with a token (expected: https, as a token is sent over TLS only)");
    }
    return new ControlPlane(base, credentials);
  }

  private static String of(Terminal terminal, String variable) {
    return terminal.environment().getOrDefault(variable, "");
  }

  RunFolder runFolder(Terminal terminal) {
    return new RunFolder(StateFolders.of(state, terminal));
  }

  private URI base(Terminal terminal) {
    String given = api.isEmpty() ? terminal.environment().getOrDefault("HEDDLE_API", "") : api;
    if (given.isEmpty()) {
      Optional<Integer> port =
          runFolder(terminal)
              .read(RunRecord.SUPERVISOR)
              .map(supervisor -> supervisor.ports().getOrDefault("api", 0));
      return URI.create(port.filter(p -> p > 0).map(p -> "http://127.0.0.1:" + p).orElse(DEFAULT));
    }
    String full = given.contains("://") ? given : "http://" + given;
    try {
      URI uri = URI.create(full.endsWith("/") ? full.substring(0, full.length() - 1) : full);
      if (Set.of("http", "https").contains(String.valueOf(uri.getScheme()))
          && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of(
          "--api: " + given + " (expected: http://HOST:PORT or https://HOST:PORT)", e);
    }
    throw UsageFailure.of("--api: " + given + " (expected: http://HOST:PORT or https://HOST:PORT)");
  }

  /** Where the state folder lies. */
  static final class StateFolders {
    private StateFolders() {}

    static Path of(String option, Terminal terminal) {
      String given =
          option.isEmpty() ? terminal.environment().getOrDefault("HEDDLE_STATE", "") : option;
      return Path.of(given.isEmpty() ? ".heddle" : given).toAbsolutePath().normalize();
    }
  }
}
