package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Finding;
import io.heddle.cli.process.ProcessIdentity;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Judges what the control plane reports. */
final class StatusFindings {
  private StatusFindings() {}

  /** The processes of the `heddle up` whose control plane this is; none when it is another's. */
  static List<RunRecord> processesOf(RunFolder folder, URI api) {
    boolean own =
        folder
            .read(RunRecord.SUPERVISOR)
            .filter(up -> up.ports().getOrDefault("api", 0) == api.getPort())
            .isPresent();
    if (!own) {
      return List.of();
    }
    return folder.readAll().stream()
        .map(record ->
            record.ended() && ProcessIdentity.runsAgain(folder.state(), record)
                ? record.withState(RunRecord.RUNNING)
                : record)
        .toList();
  }

  static List<Finding> of(JsonNode status, List<RunRecord> processes) {
    // One instance may belong to several services (catalog and catalog-v1): report it once.
    Map<String, Finding> findings = new LinkedHashMap<>();
    for (JsonNode service : status.path("services")) {
      for (JsonNode instance : service.path("instances")) {
        String health = instance.path("health").asText();
        if (!health.equalsIgnoreCase("healthy")) {
          String subject = "instance " + instance.path("instance").asText();
          findings.putIfAbsent(
              subject, Finding.INSTANCE_UNHEALTHY.about(subject, "health is " + health));
        }
        String presence = instance.path("presence").asText("Live");
        if (!presence.equals("Live")) {
          String subject = "lease of " + instance.path("instance").asText();
          findings.putIfAbsent(
              subject, Finding.LEASE_SILENT.about(subject, "not renewed; presence is " + presence));
        }
      }
    }
    for (JsonNode proxy : status.path("proxies")) {
      String subject = "proxy " + proxy.path("id").asText();
      String state = proxy.path("state").asText();
      String detail = proxy.path("detail").asText("");
      String message = state + (detail.isEmpty() ? "" : ": " + detail);
      switch (state) {
        case "InSync" -> {}
        case "Rejected" -> findings.put(subject, Finding.PROXY_REJECTED.about(subject, message));
        case "Disconnected" ->
            findings.put(
                subject,
                Finding.PROXY_DISCONNECTED.about(
                    subject, "has no stream to the control plane and has not left the mesh"));
        default -> findings.put(subject, Finding.PROXY_BEHIND.about(subject, message));
      }
    }
    for (JsonNode silent : status.path("silent")) {
      String subject = "control plane " + silent.asText();
      findings.put(
          subject,
          Finding.CONTROL_SILENT.about(
              subject, "does not say which proxies it has; they are not shown"));
    }
    if (status.path("registry").path("checkpointFailed").asBoolean(false)) {
      String subject = "registry";
      findings.put(
          subject,
          Finding.CHECKPOINT_FAILED.about(
              subject, "the instances could not be written to the disk; it is tried again"));
    }
    for (JsonNode object : status.path("objects")) {
      judgeObject(object, findings);
    }
    for (RunRecord process : processes) {
      if (process.ended()) {
        String subject = "process " + process.name();
        findings.put(
            subject,
            Finding.PROCESS_ENDED.about(subject, "ended by itself; log: " + process.log()));
      }
    }
    return List.copyOf(findings.values());
  }

  /** A condition that is still unknown is a matter of the proxies, which are judged above. */
  private static void judgeObject(JsonNode object, Map<String, Finding> findings) {
    String subject =
        object.path("kind").asText()
            + " "
            + object.path("namespace").asText()
            + "/"
            + object.path("name").asText();
    StringJoiner refusals = new StringJoiner(", ");
    for (Map.Entry<String, JsonNode> condition : object.path("conditions").properties()) {
      if (condition.getValue().asText().equals("False")) {
        refusals.add(condition.getKey() + " is False");
      }
    }
    int rejected = object.path("rejected").asInt();
    if (rejected > 0) {
      refusals.add(rejected + " proxies refuse it");
    }
    if (refusals.length() > 0) {
      findings.put(subject, Finding.OBJECT_REFUSED.about(subject, refusals.toString()));
    }
  }
}
