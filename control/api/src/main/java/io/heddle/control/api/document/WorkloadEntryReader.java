package io.heddle.control.api.document;

import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import io.heddle.control.api.resource.WorkloadGroupSpec;
import java.util.Map;

/** Reads the specs of {@code WorkloadEntry} and {@code WorkloadGroup}. */
final class WorkloadEntryReader {
  private static final Syntax LOCALITY =
      Syntax.matching(
          "region, region/zone or region/zone/subZone", "[^/\\s]+(/[^/\\s]+){0,2}", 253);

  private WorkloadEntryReader() {}

  static WorkloadEntrySpec read(Fields spec) {
    String address = spec.requiredText("address", Syntax.ADDRESS);
    String group = spec.text("group", Syntax.DNS_NAME);
    Map<String, Integer> ports = spec.portMap("ports", 64, Syntax.DNS_LABEL);
    if (ports.isEmpty() && group.isEmpty()) {
      spec.wrong(
          "ports", "none", "at least one port, such as http: 8080, or a group that has them");
    }
    Map<String, String> labels = spec.textMap("labels", 64, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    String service = spec.text("service", Syntax.DNS_LABEL);
    if (service.isEmpty() && group.isEmpty() && !spec.states("service")) {
      spec.wrong("service", "missing", "the service's name, or a group that has it");
    }
    int weight = spec.integer("weight", 1, 128, group.isEmpty() ? 1 : 0);
    Locality locality = locality(spec);
    spec.notYet("network", "serviceAccount");
    spec.end();
    return new WorkloadEntrySpec(address, ports, labels, service, weight, locality, group);
  }

  static WorkloadGroupSpec group(Fields spec) {
    Fields metadata = spec.mapping("metadata");
    Map<String, String> labels =
        metadata.textMap("labels", 64, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    metadata.notYet("annotations");
    metadata.end();
    Fields template = spec.requiredMapping("template", "what the entries have in common");
    String service = template.text("service", Syntax.DNS_LABEL);
    Map<String, Integer> ports = template.portMap("ports", 64, Syntax.DNS_LABEL);
    int weight = template.integer("weight", 1, 128, 0);
    Locality locality = locality(template);
    template.notYet("address", "labels", "network", "serviceAccount");
    template.end();
    spec.notYet("probe");
    spec.end();
    return new WorkloadGroupSpec(labels, service, ports, weight, locality);
  }

  private static Locality locality(Fields fields) {
    String text = fields.text("locality", LOCALITY);
    return LOCALITY.admits(text) ? Locality.parse(text) : Locality.UNKNOWN;
  }
}
