package io.heddle.control.api.document;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.GatewaySpec.Allowed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the spec of a {@code Gateway}. */
final class GatewayReader {
  private static final Map<String, GatewaySpec.AddressType> ADDRESS_TYPES = addressTypes();

  private GatewayReader() {}

  private static Map<String, GatewaySpec.AddressType> addressTypes() {
    Map<String, GatewaySpec.AddressType> all = new LinkedHashMap<>();
    for (GatewaySpec.AddressType type : GatewaySpec.AddressType.values()) {
      all.put(type.text(), type);
    }
    return all;
  }

  static GatewaySpec read(Fields spec) {
    String className = spec.requiredText("gatewayClassName", Syntax.DNS_NAME);
    List<GatewaySpec.Listener> listeners = ListenersReader.read(spec);
    List<GatewaySpec.Address> addresses = new ArrayList<>();
    for (Fields item : spec.mappings("addresses", 16)) {
      GatewaySpec.AddressType type =
          item.choice("type", ADDRESS_TYPES, GatewaySpec.AddressType.IP_ADDRESS);
      Syntax syntax =
          type == GatewaySpec.AddressType.IP_ADDRESS ? Syntax.IP_ADDRESS : Syntax.HOSTNAME;
      addresses.add(new GatewaySpec.Address(type, item.requiredText("value", syntax)));
      item.end();
    }
    Fields sets = spec.mapping("allowedListeners");
    Allowed listenerSets = ListenersReader.allowed(sets.mapping("namespaces"), Allowed.NONE);
    sets.end();
    spec.notYet("infrastructure", "tls", "backendTLS", "defaultScope");
    spec.end();
    return new GatewaySpec(className, listeners, addresses, listenerSets);
  }
}
