package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.RunRecord;
import java.io.PrintWriter;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Shows services and their instances, health, and whether every proxy runs the current"
          + " configuration."
    },
    footer = {
      "",
      "Examples:",
      "  heddle status",
      "  heddle status -o json --api http://127.0.0.1:7070",
      "Exit codes: 0 all well, 1 failed, 2 something is out of sync or unhealthy, 64",
      "wrong usage."
    })
final class StatusCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ControlPlane control = api.controlPlane(terminal);
    JsonNode status = control.status();
    List<RunRecord> processes = StatusFindings.processesOf(api.runFolder(terminal), control.base());
    List<Finding> findings = StatusFindings.of(status, processes);
    if (output == OutputFormat.table) {
      print(status, findings);
    } else {
      ObjectNode whole = status.deepCopy();
      ArrayNode ended = whole.putArray("endedProcesses");
      processes.stream().filter(RunRecord::ended).forEach(record -> ended.add(record.name()));
      ArrayNode array = whole.putArray("findings");
      findings.forEach(finding -> array.add(finding.json()));
      if (output == OutputFormat.json) {
        Documents.printJson(terminal.out(), whole);
      } else {
        Documents.printYaml(terminal.out(), whole);
      }
    }
    return findings.isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private void print(JsonNode status, List<Finding> findings) {
    PrintWriter out = terminal.out();
    out.println(terminal.strong("Instances"));
    Table instances = new Table("NAME", "SERVICE", "VERSION", "ADDRESS", "HEALTH", "AGE");
    StringJoiner bare = new StringJoiner(", ");
    for (JsonNode service : status.path("services")) {
      if (service.path("instances").isEmpty()) {
        bare.add(qualified(service));
      }
      for (JsonNode instance : service.path("instances")) {
        instances.row(
            instance.path("instance").asText(),
            qualified(service),
            instance.path("version").asText("-"),
            instance.path("address").asText() + ":" + instance.path("port").asText(),
            instance.path("health").asText(),
            Age.since(instance.path("since").asText(""), terminal.clock()));
      }
    }
    instances.print(out);
    if (bare.length() > 0) {
      out.println("Services that no instance registered under: " + bare);
    }
    out.println();
    out.println(terminal.strong("Proxies"));
    Table proxies = new Table("NAME", "SERVICE", "STATE", "AGE");
    for (JsonNode proxy : status.path("proxies")) {
      proxies.row(
          proxy.path("id").asText(),
          proxy.path("service").asText("-").replaceFirst("^default/", ""),
          proxy.path("state").asText(),
          Age.since(proxy.path("connectedSince").asText(""), terminal.clock()));
    }
    proxies.print(out);
    out.println();
    JsonNode rollout = status.path("rollout");
    if (!rollout.isMissingNode()) {
      out.println(
          terminal.strong("Rollout")
              + " %s (%s): %s at stage %s; see `heddle rollout status`"
                  .formatted(
                      rollout.path("id").asText(),
                      rollout.path("what").asText(),
                      rollout.path("phase").asText(),
                      rollout.path("stage").asText()));
      out.println();
    }
    if (findings.isEmpty()) {
      out.println(
          terminal.good("All well") + " at revision " + status.path("revision").asText("-"));
      return;
    }
    out.println(terminal.bad("Findings"));
    findings.forEach(finding -> out.println(finding.text()));
  }

  private static String qualified(JsonNode service) {
    String namespace = service.path("namespace").asText("default");
    String name = service.path("name").asText();
    return namespace.equals("default") ? name : namespace + "/" + name;
  }
}
