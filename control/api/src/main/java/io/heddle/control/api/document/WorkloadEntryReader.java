package io.heddle.control.api.document;

import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.util.Map;

/** Reads the spec of a {@code WorkloadEntry}. */
final class WorkloadEntryReader {
  private static final Syntax LOCALITY =
      Syntax.matching(
          "region, region/zone or region/zone/subZone", "[^/\\s]+(/[^/\\s]+){0,2}", 253);

  private WorkloadEntryReader() {}

  static WorkloadEntrySpec read(Fields spec) {
    String address = spec.requiredText("address", Syntax.ADDRESS);
    Map<String, Integer> ports = spec.portMap("ports", 64, Syntax.DNS_LABEL);
    if (ports.isEmpty()) {
      spec.wrong("ports", "none", "at least one port, such as http: 8080");
    }
    Map<String, String> labels = spec.textMap("labels", 64, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    String service = spec.requiredText("service", Syntax.DNS_LABEL);
    int weight = spec.integer("weight", 1, 128, 1);
    String locality = spec.text("locality", LOCALITY);
    spec.notYet("network", "serviceAccount");
    spec.end();
    return new WorkloadEntrySpec(
        address,
        ports,
        labels,
        service,
        weight,
        LOCALITY.admits(locality) ? Locality.parse(locality) : Locality.UNKNOWN);
  }
}
