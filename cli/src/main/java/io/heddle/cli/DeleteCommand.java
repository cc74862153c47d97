package io.heddle.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      "  heddle get httproutes -o yaml | heddle delete -f - -o json",
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

  @Option(names = "--force", description = "In spite of findings that are errors")
  private boolean force;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

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
    List<Target> deleted = new ArrayList<>();
    List<Finding> failures = new ArrayList<>();
    // One that is gone already must not keep the others.
    for (Target target : targets) {
      Optional<Finding> failure =
          control.delete(target.kind().plural(), target.namespace(), target.name(), force);
      if (failure.isEmpty()) {
        deleted.add(target);
      } else {
        failures.add(failure.get());
      }
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer(deleted, failures));
      case yaml -> Documents.printYaml(terminal.out(), answer(deleted, failures));
      case table -> {
        deleted.forEach(target ->
            terminal
                .out()
                .println(
                    target.kind().kindName().toLowerCase(Locale.ROOT)
                        + "/"
                        + target.name()
                        + " deleted"));
        failures.forEach(failure -> terminal.err().println(failure.text()));
      }
    }
    return failures.isEmpty() ? ExitCode.OK : ExitCode.ERROR;
  }

  private static ObjectNode answer(List<Target> deleted, List<Finding> failures) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode results = answer.putArray("results");
    for (Target target : deleted) {
      results
          .addObject()
          .put("kind", target.kind().kindName())
          .put("namespace", target.namespace())
          .put("name", target.name())
          .put("action", "deleted");
    }
    if (!failures.isEmpty()) {
      ArrayNode errors = answer.putArray("errors");
      failures.forEach(failure -> errors.add(failure.json()));
    }
    return answer;
  }

  /** Only kind, namespace and name matter here; the rest of a document need not be right. */
  private void collect(InputFiles.Input input, List<Target> targets) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(input.name()).setMaxAliasesForCollections(50).build();
    try {
      for (Object document : new Load(settings).loadAllFromString(input.text())) {
        if (document instanceof Map<?, ?> list
            && "List".equals(list.get("kind"))
            && list.get("items") instanceof List<?> items) {
          items.forEach(item -> collect(input, item, targets));
        } else if (document != null) {
          collect(input, document, targets);
        }
      }
    } catch (YamlEngineException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(input.name(), "no YAML: " + e.getMessage()), e);
    }
  }

  private void collect(InputFiles.Input input, @Nullable Object document, List<Target> targets) {
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

  private static CommandFailure unusable(InputFiles.Input input, String why) {
    return new CommandFailure(Finding.FILE_UNREADABLE.about(input.name(), why));
  }
}
