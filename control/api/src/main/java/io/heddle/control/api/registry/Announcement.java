package io.heddle.control.api.registry;

import io.heddle.control.api.resource.Locality;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a sidecar says of the instance that it stands beside.
 *
 * @param address where its inbound listener is reached; an IP address
 * @param port of the inbound listener
 * @param appPort of the application behind it
 * @param protocol what the application speaks: {@code http}
 * @param labels up to 64, such as {@code version}
 * @param weight its share relative to its peers, 1 to 128
 * @param health as checked at this moment
 * @param proxyId the node id of its proxy, empty when there is none
 */
public record Announcement(
    InstanceKey key,
    String address,
    int port,
    int appPort,
    String protocol,
    Map<String, String> labels,
    Locality locality,
    int weight,
    Health health,
    String proxyId) {
  public Announcement {
    checkText("namespace", key.namespace(), 63, false);
    checkText("service", key.service(), 63, false);
    checkText("instance", key.instance(), 253, false);
    checkText("address", address, 253, false);
    checkText("protocol", protocol, 63, false);
    checkText("proxyId", proxyId, 1024, true);
    checkText("locality", locality.toString(), 512, true);
    checkPort("port", port);
    checkPort("appPort", appPort);
    if (weight < 1 || weight > 128) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 1 to 128)");
    }
    if (labels.size() > 64) {
      throw new IllegalArgumentException("labels: " + labels.size() + " (expected: at most 64)");
    }
    labels.forEach((name, value) -> {
      checkText("labels", name, 317, false);
      checkText("labels." + name, value, 253, true);
    });
    labels = Collections.unmodifiableMap(new TreeMap<>(labels));
  }

  private static void checkText(String field, String text, int most, boolean mayBeEmpty) {
    if (text.length() > most || (text.isEmpty() && !mayBeEmpty)) {
      throw new IllegalArgumentException(
          "%s: %s (expected: %d to %d characters)"
              .formatted(
                  field,
                  text.isEmpty() ? "empty" : text.length() + " characters",
                  mayBeEmpty ? 0 : 1,
                  most));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(field + ": holds control characters (expected: none)");
    }
  }

  private static void checkPort(String field, int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(field + ": " + port + " (expected: 1 to 65535)");
    }
  }
}
