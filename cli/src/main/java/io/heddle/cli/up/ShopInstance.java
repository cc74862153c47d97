package io.heddle.cli.up;

import java.util.ArrayList;
import java.util.List;

/** One instance of one sample service. */
record ShopInstance(String service, String name, String version) {
  static final List<String> SERVICES = List.of("web", "orders", "stock", "payments", "catalog");

  /** Callees first; catalog in two versions. */
  static List<ShopInstance> all(int each) {
    List<ShopInstance> instances = new ArrayList<>();
    for (String service : SERVICES.reversed()) {
      for (int i = 1; i <= each; i++) {
        if (service.equals("catalog")) {
          instances.add(new ShopInstance(service, "catalog-v1-" + i, "v1"));
          instances.add(new ShopInstance(service, "catalog-v2-" + i, "v2"));
        } else {
          instances.add(new ShopInstance(service, service + "-" + i, "v1"));
        }
      }
    }
    return instances;
  }

  String sidecar() {
    return name + "-sidecar";
  }
}
