package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.heddle.cli.istio.IstioImport;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Turns Istio's VirtualServices and DestinationRules into objects of ours, one way,",
      "and says of every field that could not be carried over where it stands and why.",
      "Services among the files tell ports and selectors. Needs no control plane."
    },
    footer = {
      "",
      "Examples:",
      "  heddle import istio -f bookinfo.yaml > routes.yaml",
      "  heddle import istio -f istio/ -o routes/",
      "  heddle validate --offline -f routes/",
      "Exit codes: 0 all carried over, 1 failed, 2 something was not, 64 wrong usage."
    })
final class ImportCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "FROM", description = "istio")
  private String from = "";

  @Option(
      names = {"-f", "--file"},
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "File, folder, or - for standard input")
  private List<String> files = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Folder for a file an object, or - for standard output (default)")
  private String output = "-";

  ImportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (!from.equals("istio")) {
      throw UsageFailure.of("unknown: " + from + " (expected: istio)");
    }
    IstioImport istio = new IstioImport();
    InputFiles.read(terminal, files).forEach(input -> istio.add(input.name(), input.text()));
    ArrayNode objects = istio.run();
    if (output.equals("-")) {
      for (JsonNode object : objects) {
        terminal.out().println("---");
        Documents.printYaml(terminal.out(), object);
      }
    } else {
      write(objects);
    }
    List<Finding> notes = istio.notes().all();
    notes.forEach(note -> terminal.err().println(note.text()));
    terminal
        .err()
        .println(
            objects.size()
                + " object(s), "
                + (notes.isEmpty() ? "nothing" : notes.size() + " thing(s)")
                + " not carried over as it was");
    return notes.isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  /** One file an object; those that are there already are kept, and nothing is written then. */
  private void write(ArrayNode objects) {
    try {
      Path folder = Files.createDirectories(Path.of(output));
      for (JsonNode object : objects) {
        Path file = folder.resolve(fileName(object));
        if (Files.exists(file)) {
          throw new CommandFailure(
              Finding.FILE_EXISTS.about(file.toString(), "is there already; nothing was written"));
        }
      }
      for (JsonNode object : objects) {
        Path file = folder.resolve(fileName(object));
        Files.writeString(file, Documents.yaml(object));
        terminal.out().println(file);
      }
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(output, "cannot be written: " + e.getMessage()), e);
    }
  }

  private static String fileName(JsonNode object) {
    String namespace = object.at("/metadata/namespace").asText("");
    return (namespace.isEmpty() ? "" : namespace + ".")
        + object.path("kind").asText().toLowerCase(Locale.ROOT)
        + "."
        + object.at("/metadata/name").asText()
        + ".yaml";
  }
}
