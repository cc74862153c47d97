package io.heddle.cli;

import io.heddle.cli.envoy.ControlAccess;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** How what is started from a printed bootstrap speaks to the control plane. */
final class ControlAccessOptions {
  private static final int LONGEST_TOKEN = 4_096;

  @Option(
      names = "--control-ca",
      paramLabel = "FILE",
      description = "Speak TLS, and believe the control plane by these certificates")
  private String authority = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File that holds the token of this service or gateway; with --control-ca")
  private String tokenFile = "";

  /**
   * @param reads whether the file itself is named in the bootstrap, and not what it holds
   */
  ControlAccess access(boolean reads) {
    if (tokenFile.isEmpty()) {
      return new ControlAccess(file("--control-ca", authority), "", "");
    }
    if (authority.isEmpty()) {
      throw UsageFailure.of(
          "--token-file: give --control-ca too, as a token is sent over TLS alone");
    }
    String token = read(Path.of(tokenFile));
    if (reads && token.split("\\.", -1).length != 3) {
      throw UsageFailure.of(
          "--token-file: "
              + tokenFile
              + " (expected: a token in the form of a JWT, the only one that gRPC reads from a"
              + " file: heddle token create NAME --role proxy --service SERVICE --jwt --out FILE)");
    }
    return new ControlAccess(
        file("--control-ca", authority),
        reads ? file("--token-file", tokenFile) : "",
        reads ? "" : token);
  }

  /** As whoever reads the bootstrap finds it, from whatever folder. */
  static String file(String option, String name) {
    if (name.isEmpty()) {
      return "";
    }
    String full = Path.of(name).toAbsolutePath().normalize().toString();
    if (full.contains("\"") || full.contains("\\") || full.chars().anyMatch(c -> c < ' ')) {
      throw UsageFailure.of(option + ": " + name + " (expected: no quotes or backslashes)");
    }
    return full;
  }

  private static String read(Path file) {
    String token;
    try {
      if (Files.size(file) > LONGEST_TOKEN) {
        throw new IOException("more than " + LONGEST_TOKEN + " bytes");
      }
      token = Files.readString(file, StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw new CommandFailure(Finding.FILE_UNREADABLE.about(file.toString(), e.toString()), e);
    }
    if (!token.matches("[A-Za-z0-9._~+/=-]+")) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(
              file.toString(), "(expected: one token, and nothing else)"));
    }
    return token;
  }
}
