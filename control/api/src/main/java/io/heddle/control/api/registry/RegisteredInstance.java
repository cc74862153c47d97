package io.heddle.control.api.registry;

import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ServiceSpec;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance as the registry knows it.
 *
 * @param since when it was first announced, kept over restarts of the control plane
 */
public record RegisteredInstance(
    Announcement announcement, Health health, Presence presence, Instant since) {
  public InstanceKey key() {
    return announcement.key();
  }

  public String namespace() {
    return key().namespace();
  }

  public String service() {
    return key().service();
  }

  public String instance() {
    return key().instance();
  }

  public String address() {
    return announcement.address();
  }

  public int port() {
    return announcement.port();
  }

  public int appPort() {
    return announcement.appPort();
  }

  public String protocol() {
    return announcement.protocol();
  }

  public Locality locality() {
    return announcement.locality();
  }

  public int weight() {
    return announcement.weight();
  }

  public String proxyId() {
    return announcement.proxyId();
  }

  /** As announced. */
  public Map<String, String> labels() {
    return announcement.labels();
  }

  /** The labels that selectors see: those announced and {@link ServiceSpec#SERVICE_LABEL}. */
  public Map<String, String> effectiveLabels() {
    Map<String, String> all = new TreeMap<>(labels());
    all.put(ServiceSpec.SERVICE_LABEL, service());
    return all;
  }
}
