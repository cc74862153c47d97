package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Makes, lists and revokes tokens of the control plane: create NAME, list, revoke NAME.",
      "Roles: view reads, edit also writes objects, operate also decides for the mesh and its"
          + " tokens; proxy lets one service's proxies in, and nobody else. A token is shown once;"
          + " the control plane keeps its hash."
    },
    footer = {
      "",
      "Examples:",
      "  heddle token create ci --role edit --out ci.token",
      "  heddle token create orders --role proxy --service shop/orders",
      "  heddle token create pay --role proxy --service shop/pay --jwt --out pay.jwt",
      "  heddle token create edge --role proxy --service gateway/demo",
      "  heddle token list -o json",
      "  heddle token revoke ci",
      "Exit codes: 0 done, 1 failed or not found, 64 wrong usage."
    })
final class TokenCommand implements Callable<Integer> {
  /** The year 2100. */
  private static final long NEVER_SECONDS = 4_102_444_800L;

  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "ACTION", description = "create, list or revoke")
  private String action = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The token's name")
  private String name = "";

  @Option(names = "--role", paramLabel = "ROLE", description = "view, edit, operate or proxy")
  private String role = "";

  @Option(
      names = "--service",
      paramLabel = "SERVICE",
      description = "Of a proxy: [NAMESPACE/]SERVICE, or gateway/[NAMESPACE/]NAME")
  private String service = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the token here, for its owner only, and not to standard output")
  private String out = "";

  @Option(
      names = "--jwt",
      description = "In the form of a JWT that never expires, as gRPC reads it from a file")
  private boolean jwt;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  TokenCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    boolean named = !name.isEmpty();
    switch (action) {
      case "list" -> {
        if (named) {
          throw UsageFailure.of("list takes no NAME");
        }
        list(api.controlPlane(terminal).tokens());
      }
      case "revoke" -> {
        if (!named) {
          throw UsageFailure.of("revoke: give the NAME of the token");
        }
        show(api.controlPlane(terminal).revokeToken(name), "Revoked " + name + ".");
      }
      case "create" -> {
        if (!named || role.isEmpty()) {
          throw UsageFailure.of("create: give NAME and --role");
        }
        create(api.controlPlane(terminal));
      }
      default ->
          throw UsageFailure.of(
              "unknown action: " + action + " (expected: create, list or revoke)");
    }
    return ExitCode.OK;
  }

  private void create(ControlPlane control) {
    // Before the token is made: nobody will see it again.
    Path file = out.isEmpty() ? Path.of("") : reserved(Path.of(out));
    ObjectNode wish =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", name)
            .put("role", role)
            .put("service", service);
    JsonNode made;
    try {
      made = control.createToken(wish);
    } catch (RuntimeException e) {
      if (!out.isEmpty()) {
        discard(file);
      }
      throw e;
    }
    String secret = made.path("token").asText();
    if (jwt) {
      secret = asJwt(secret);
      ((ObjectNode) made).put("token", secret);
    }
    if (out.isEmpty()) {
      show(made, secret);
      return;
    }
    try {
      Files.writeString(file, secret + "\n", StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(
              out, "cannot be written: " + e.getMessage() + "; revoke the token and make another"),
          e);
    }
    show(((ObjectNode) made.deepCopy()).without("token"), "Written to " + out + ".");
  }

  /**
   * The secret in the place of the signature: libraries of gRPC send a file's token only where it
   * says when it ends (gRFC A97). The control plane looks at the secret alone.
   */
  private String asJwt(String secret) {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    ObjectNode claims =
        JsonNodeFactory.instance.objectNode().put("sub", name).put("exp", NEVER_SECONDS);
    return encoder.encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.US_ASCII))
        + "."
        + encoder.encodeToString(claims.toString().getBytes(StandardCharsets.UTF_8))
        + "."
        + secret;
  }

  private void show(JsonNode answer, String text) {
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> terminal.out().println(text);
    }
  }

  private void list(JsonNode answer) {
    if (output != OutputFormat.table) {
      show(answer, "");
      return;
    }
    Table table = new Table("NAME", "ROLE", "SERVICE", "AGE");
    for (JsonNode token : answer.path("tokens")) {
      String of = token.path("service").asText();
      table.row(
          token.path("name").asText(),
          token.path("role").asText(),
          of.isEmpty() ? "-" : of,
          Age.since(token.path("created").asText(""), terminal.clock()));
    }
    table.print(terminal.out());
  }

  /** A new file, for its owner only. */
  private static Path reserved(Path file) {
    try {
      boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
      FileAttribute<?>[] mode =
          posix
              ? new FileAttribute<?>[] {
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
              }
              : new FileAttribute<?>[0];
      Files.newByteChannel(
              file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)
          .close();
      return file;
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(
              file.toString(), "cannot be made (" + e + "); it must not exist yet"),
          e);
    }
  }

  private void discard(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      terminal.err().println(file + ": is left empty: " + e.getMessage());
    }
  }
}
