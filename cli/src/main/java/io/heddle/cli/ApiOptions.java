package io.heddle.cli;

import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which control plane a verb talks to. */
final class ApiOptions {
  private static final String DEFAULT = "http://127.0.0.1:7070";

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

  ControlPlane controlPlane(Terminal terminal) {
    return new ControlPlane(base(terminal));
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
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of("--api: " + given + " (expected: http://HOST:PORT)", e);
    }
    throw UsageFailure.of("--api: " + given + " (expected: http://HOST:PORT)");
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
