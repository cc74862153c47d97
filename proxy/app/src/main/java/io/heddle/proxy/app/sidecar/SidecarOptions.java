package io.heddle.proxy.app.sidecar;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a sidecar is told.
 *
 * @param address where other proxies reach its inbound listener, an IP literal
 * @param appPort where the application listens on loopback
 * @param control {@code HOST:PORT} of the control plane, or of each of several, behind commas
 * @param instance empty for one that is made up once and kept in the state folder
 * @param inboundPort zero for a free one, kept in the state folder; likewise the other ports
 * @param healthPath path whose GET must answer 2xx; empty for a TCP connect
 */
public record SidecarOptions(
    String namespace,
    String service,
    String instance,
    String address,
    int appPort,
    String control,
    Map<String, String> labels,
    int inboundPort,
    int outboundPort,
    int adminPort,
    String healthPath,
    boolean registerOnly,
    Optional<Path> state) {

  public SidecarOptions {
    labels = Map.copyOf(labels);
  }

  /** The folder that is used: the one given, or one named after the service. */
  public Path stateFolder() {
    return state.orElseGet(() -> Path.of(".heddle", "sidecars", namespace + "-" + service));
  }
}
