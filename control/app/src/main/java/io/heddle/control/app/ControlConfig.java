package io.heddle.control.app;

import io.heddle.control.core.shared.EtcdConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a control plane runs.
 *
 * @param state the folder of store and registry
 * @param apiAddress of the REST API; port 0 takes a free one
 * @param xdsAddress of xDS and registration; port 0 takes a free one
 * @param heartbeat how often a sidecar renews its lease, 100 ms to 5 min
 * @param leaseGrace how long an instance stays after its stream broke, 100 ms to 1 h
 * @param access who is let in
 * @param shared the etcd that several control planes share; empty for a store of one's own
 * @param certificate what the listeners show; empty for one of an authority of its own
 */
public record ControlConfig(
    Path state,
    InetSocketAddress apiAddress,
    InetSocketAddress xdsAddress,
    Duration heartbeat,
    Duration leaseGrace,
    AccessMode access,
    Optional<EtcdConfig> shared,
    Optional<ShownCertificate.Pair> certificate) {
  /** Who is let in. */
  public enum AccessMode {
    /** On loopback everybody, in clear text; elsewhere who has a token, over TLS. */
    AUTO,
    /** Who has a token, over TLS, also on loopback. */
    TOKEN,
    /** Everybody, in clear text; on loopback only. */
    OPEN
  }

  /** Lets everybody in on loopback, and nobody without a token elsewhere. */
  public ControlConfig(
      Path state,
      InetSocketAddress apiAddress,
      InetSocketAddress xdsAddress,
      Duration heartbeat,
      Duration leaseGrace) {
    this(
        state,
        apiAddress,
        xdsAddress,
        heartbeat,
        leaseGrace,
        AccessMode.AUTO,
        Optional.empty(),
        Optional.empty());
  }

  /** Refuses times that no sidecar can keep, and an open port that others can reach. */
  public ControlConfig {
    if (access == AccessMode.OPEN) {
      local("--api-address", apiAddress);
      local("--xds-address", xdsAddress);
    }
    boolean tls = !open(access, apiAddress) || !open(access, xdsAddress);
    if (certificate.isPresent() && !tls) {
      throw new IllegalArgumentException(
          "--tls-cert: but nothing is served over TLS (expected: --access token, or an address that"
              + " other machines reach)");
    }
    check("--heartbeat", heartbeat, Duration.ofMinutes(5));
    check("--lease-grace", leaseGrace, Duration.ofHours(1));
  }

  private static void check(String option, Duration value, Duration most) {
    if (value.compareTo(Duration.ofMillis(100)) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          option + ": " + value.toMillis() + "ms (expected: 100ms to " + most.toSeconds() + "s)");
    }
  }

  private static void local(String option, InetSocketAddress address) {
    if (!address.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException(
          "--access: open, but other machines reach %s %s (expected: token, or a loopback address)"
              .formatted(option, address.getAddress().getHostAddress()));
    }
  }

  /** Whether whoever reaches a listener of this address is let in, in clear text. */
  boolean open(InetSocketAddress address) {
    return open(access, address);
  }

  private static boolean open(AccessMode access, InetSocketAddress address) {
    return switch (access) {
      case AUTO -> address.getAddress().isLoopbackAddress();
      case TOKEN -> false;
      case OPEN -> true;
    };
  }

  /** Whether a listener speaks TLS and asks for tokens. */
  boolean secured() {
    return !open(apiAddress) || !open(xdsAddress);
  }

  /** Whether both listeners are out of reach of other machines. */
  boolean loopbackOnly() {
    return apiAddress.getAddress().isLoopbackAddress()
        && xdsAddress.getAddress().isLoopbackAddress();
  }
}
