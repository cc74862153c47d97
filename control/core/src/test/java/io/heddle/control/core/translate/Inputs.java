package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ResourceObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Objects and instances as a store and a registry would hand them out. */
final class Inputs {
  private Inputs() {}

  /** Parses documents; every object is of generation 1 and as old as its place in the text. */
  static List<ResourceObject> objects(String yaml) {
    ParseResult result = ObjectParser.parse("test.yaml", yaml);
    assertThat(result.errors()).isEmpty();
    List<ResourceObject> stored = new ArrayList<>();
    for (ResourceObject object : result.objects()) {
      stored.add(generation(object, 1, stored.size()));
    }
    return stored;
  }

  static ResourceObject generation(ResourceObject object, long generation, int age) {
    String created = Instant.ofEpochSecond(1_700_000_000 + age).toString();
    return object.withMetadata(
        object
            .metadata()
            .stored(generation, "r" + generation, created, "uid-" + object.metadata().name()));
  }

  static ResourceObject object(String yaml) {
    return objects(yaml).getFirst();
  }

  static String service(String name) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec:
      ports: [{port: 80}]
    """
        .formatted(name);
  }

  static RegisteredInstance instance(String service, String id, int port, Health health) {
    return instance(service, id, port, health, Map.of());
  }

  static RegisteredInstance instance(
      String service, String id, int port, Health health, Map<String, String> labels) {
    Announcement announcement =
        new Announcement(
            new InstanceKey("default", service, id),
            "127.0.0.1",
            port,
            8080,
            "http",
            labels,
            Locality.UNKNOWN,
            1,
            health,
            "");
    return new RegisteredInstance(announcement, health, Presence.LIVE, Instant.EPOCH);
  }

  static Map<String, String> sidecar(String namespace, String service) {
    return Map.of(
        NodeFacts.KIND, "sidecar",
        NodeFacts.NAMESPACE, namespace,
        NodeFacts.SERVICE, service,
        NodeFacts.INSTANCE, service + "-1",
        NodeFacts.INBOUND, "127.0.0.1:15006",
        NodeFacts.OUTBOUND, "127.0.0.1:15001",
        NodeFacts.APP, "127.0.0.1:8080");
  }

  static Map<String, String> gateway(String name) {
    return Map.of(NodeFacts.KIND, "gateway", NodeFacts.GATEWAY, name);
  }
}
