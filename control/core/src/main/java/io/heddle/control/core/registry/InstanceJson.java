package io.heddle.control.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** An instance in JSON. */
final class InstanceJson {
  private InstanceJson() {}

  static void write(RegisteredInstance instance, ObjectNode node) {
    node.put("namespace", instance.namespace());
    node.put("service", instance.service());
    node.put("instance", instance.instance());
    node.put("address", instance.address());
    node.put("port", instance.port());
    node.put("appPort", instance.appPort());
    node.put("protocol", instance.protocol());
    node.put("weight", instance.weight());
    node.put("locality", instance.locality().toString());
    node.put("proxyId", instance.proxyId());
    node.put("health", instance.health().name());
    node.put("since", instance.since().toString());
    ObjectNode labels = node.putObject("labels");
    instance.labels().forEach(labels::put);
  }

  /**
   * Reads what {@link #write} wrote; nobody holds it.
   *
   * @throws IllegalArgumentException or {@link java.time.DateTimeException} for something else
   */
  static RegisteredInstance parse(JsonNode node) {
    Map<String, String> labels = new TreeMap<>();
    node.path("labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    Health health = Health.valueOf(node.path("health").asText());
    Announcement announcement =
        new Announcement(
            new InstanceKey(
                node.path("namespace").asText(),
                node.path("service").asText(),
                node.path("instance").asText()),
            node.path("address").asText(),
            node.path("port").asInt(),
            node.path("appPort").asInt(),
            node.path("protocol").asText(),
            labels,
            Locality.parse(node.path("locality").asText()),
            node.path("weight").asInt(),
            health,
            node.path("proxyId").asText());
    return new RegisteredInstance(
        announcement, health, Presence.GRACE, Instant.parse(node.path("since").asText()));
  }
}
