package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Lists the objects of a kind, or shows one.",
      "Kinds: services (svc), gateways (gtw), httproutes (route) and others;",
      "`heddle explain` lists them."
    },
    footer = {
      "",
      "Examples:",
      "  heddle get services",
      "  heddle get httproutes -n shop -o json",
      "  heddle get gateway demo -o yaml",
      "Exit codes: 0 done, 1 failed or not found, 64 wrong usage."
    })
final class GetCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "KIND", description = "Kind, in any of its spellings")
  private String kind = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "One object's name")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace; default: all in a list, `default` with a NAME")
  private String namespace = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  GetCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    KindWord word = KindWord.parse(kind);
    ControlPlane control = api.controlPlane(terminal);
    boolean one = !name.isEmpty();
    JsonNode answer =
        one
            ? control.get(word.plural(), namespace.isEmpty() ? "default" : namespace, name)
            : control.list(word.plural(), namespace);
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> ObjectTable.print(terminal, word, one ? List.of(answer) : answer.path("items"));
    }
    return ExitCode.OK;
  }
}
