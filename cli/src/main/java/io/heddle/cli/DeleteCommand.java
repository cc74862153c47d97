package io.heddle.cli;

import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {"Removes one object, or every object that files name."},
    footer = {
      "",
      "Examples:",
      "  heddle delete httproute catalog",
      "  heddle delete -f demo/canary.yaml",
      "Exit codes: 0 removed, 1 failed or not found, 64 wrong usage."
    })
final class DeleteCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", arity = "0..1", paramLabel = "KIND", description = "Kind")
  private String kind = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The object's name")
  private String name = "";

  @Option(
      names = {"-f", "--file"},
      arity = "1..*",
      paramLabel = "FILE",
      description = "File, folder, or - for standard input")
  private List<String> files = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace; default: default")
  private String namespace = "default";

  DeleteCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  private record Target(KindWord kind, String namespace, String name) {}

  @Override
  public Integer call() {
    if (files.isEmpty() == (kind.isEmpty() || name.isEmpty())) {
      throw UsageFailure.of("give either KIND NAME or -f FILE");
    }
    List<Target> targets = new ArrayList<>();
    if (files.isEmpty()) {
      targets.add(new Target(KindWord.parse(kind), namespace, name));
    }
    for (InputFiles.Input input :
        files.isEmpty() ? List.<InputFiles.Input>of() : InputFiles.read(terminal, files)) {
      collect(input, targets);
    }
    ControlPlane control = api.controlPlane(terminal);
    for (Target target : targets) {
      control.delete(target.kind().plural(), target.namespace(), target.name());
      terminal
          .out()
          .println(
              target.kind().kindName().toLowerCase(Locale.ROOT) + "/" + target.name() + " deleted");
    }
    return ExitCode.OK;
  }

  /** Only kind, namespace and name matter here; the rest of a document need not be right. */
  private void collect(InputFiles.Input input, List<Target> targets) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(input.name()).setMaxAliasesForCollections(50).build();
    try {
      for (Object document : new Load(settings).loadAllFromString(input.text())) {
        if (document == null) {
          continue;
        }
        if (!(document instanceof Map<?, ?> map)
            || !(map.get("metadata") instanceof Map<?, ?> metadata)) {
          throw unusable(input, "a document without metadata");
        }
        KindWord word =
            KindWord.ofWord(String.valueOf(map.get("kind")))
                .orElseThrow(() -> unusable(input, "unknown kind: " + map.get("kind")));
        Object ns = metadata.get("namespace");
        Object named = metadata.get("name");
        if (named == null) {
          throw unusable(input, "a document without metadata.name");
        }
        targets.add(new Target(word, ns == null ? namespace : ns.toString(), named.toString()));
      }
    } catch (YamlEngineException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(input.name(), "no YAML: " + e.getMessage()), e);
    }
  }

  private static CommandFailure unusable(InputFiles.Input input, String why) {
    return new CommandFailure(Finding.FILE_UNREADABLE.about(input.name(), why));
  }
}
