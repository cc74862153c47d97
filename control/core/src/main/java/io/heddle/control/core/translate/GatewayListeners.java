package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.GatewaySpec.Listener;
import io.heddle.control.api.resource.GatewaySpec.TlsMode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.core.translate.Verdict.Claim;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The listeners of a Gateway: its own, then those of the ListenerSets that it admits, the oldest
 * first (Gateway API, GEP-1713, "Listener Precedence").
 *
 * <p>Of listeners that cannot stand beside each other the one of the earlier holder is in force; of
 * the same holder none is (Gateway API, {@code GatewaySpec.listeners}: no winner may be picked).
 *
 * @param all in order
 * @param addresses what the Gateway asks to be bound, IP addresses only; empty: the proxy's choice
 * @param sets the ListenerSets that are admitted
 */
record GatewayListeners(
    ResourceObject gateway,
    List<BoundListener> all,
    List<String> addresses,
    List<ObjectKey> sets,
    List<Problem> addressProblems) {
  private static final Comparator<ResourceObject> AGE =
      Comparator.comparing(BoundRoute::createdAt).thenComparing(ResourceObject::key);

  GatewayListeners {
    all = List.copyOf(all);
    addresses = List.copyOf(addresses);
    sets = List.copyOf(sets);
    addressProblems = List.copyOf(addressProblems);
  }

  /** What tells listeners of one port apart. */
  private enum Family {
    /** By the Host header. */
    HTTP,
    /** By the server name of TLS. */
    TLS,
    /** Not at all. */
    TCP;

    static Family of(Listener listener) {
      return switch (listener.protocol()) {
        case HTTP -> HTTP;
        case HTTPS, TLS -> TLS;
        case TCP -> TCP;
      };
    }
  }

  static GatewayListeners of(World world, ResourceObject gateway) {
    GatewaySpec spec = (GatewaySpec) gateway.spec();
    List<BoundListener> all = new ArrayList<>();
    bind(world, gateway.key(), spec.listeners(), all);
    List<ObjectKey> sets = new ArrayList<>();
    for (ResourceObject set : admittedSets(world, gateway)) {
      sets.add(set.key());
      bind(world, set.key(), ((ListenerSetSpec) set.spec()).listeners(), all);
    }
    List<Problem> problems = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    for (GatewaySpec.Address address : spec.addresses()) {
      if (address.type() == GatewaySpec.AddressType.IP_ADDRESS
          && HostPort.isIpLiteral(address.value())) {
        addresses.add(address.value());
      } else {
        problems.add(
            new Problem(
                "UnsupportedAddress",
                "address " + address.value() + " (expected: an IP address to bind)"));
      }
    }
    return new GatewayListeners(gateway, all, addresses, sets, problems);
  }

  /** The Gateway that a ListenerSet names, where it exists and admits the set. */
  static boolean admits(ResourceObject gateway, ResourceObject set) {
    return ((GatewaySpec) gateway.spec())
        .listenerSets()
        .admits(gateway.metadata().namespace(), set.metadata().namespace());
  }

  private static List<ResourceObject> admittedSets(World world, ResourceObject gateway) {
    List<ResourceObject> sets = new ArrayList<>();
    for (ResourceObject set : world.ofKind(Kind.LISTENER_SET)) {
      ListenerSetSpec spec = (ListenerSetSpec) set.spec();
      if (spec.gateway(set.metadata().namespace()).equals(gateway.key()) && admits(gateway, set)) {
        sets.add(set);
      }
    }
    sets.sort(AGE);
    return sets;
  }

  private static void bind(
      World world, ObjectKey holder, List<Listener> own, List<BoundListener> all) {
    List<BoundListener> before = List.copyOf(all);
    for (Listener listener : own) {
      List<Problem> conflicts = new ArrayList<>();
      for (BoundListener other : before) {
        if (other.inForce()) {
          conflict(listener, other.spec()).ifPresent(conflicts::add);
        }
      }
      for (Listener other : own) {
        if (!other.name().equals(listener.name())) {
          conflict(listener, other).ifPresent(conflicts::add);
        }
      }
      all.add(bind(world, holder, listener, conflicts));
    }
  }

  private static Optional<Problem> conflict(Listener one, Listener other) {
    if (one.port() != other.port()) {
      return Optional.empty();
    }
    if (Family.of(one) != Family.of(other)) {
      return Optional.of(
          new Problem(
              "ProtocolConflict",
              "port %d has a listener of %s (expected: protocols that share a port)"
                  .formatted(one.port(), other.protocol())));
    }
    if (Family.of(one) == Family.TCP
        || Hostnames.normal(one.hostname()).equals(Hostnames.normal(other.hostname()))) {
      return Optional.of(
          new Problem(
              "HostnameConflict",
              "port %d has a listener for this hostname (expected: a different one)"
                  .formatted(one.port())));
    }
    return Optional.empty();
  }

  private static BoundListener bind(
      World world, ObjectKey holder, Listener listener, List<Problem> conflicts) {
    List<Problem> references = new ArrayList<>();
    List<ObjectKey> certificates = new ArrayList<>();
    for (GatewaySpec.CertificateRef ref : listener.tls().certificates()) {
      ObjectKey key = ref.target(holder.namespace());
      if (!world.mayRefer(holder.kind(), holder.namespace(), key)) {
        references.add(
            new Problem(
                "RefNotPermitted",
                "%s (expected: a ReferenceGrant in namespace %s)".formatted(key, key.namespace())));
      } else if (world.find(key).map(o -> ((SecretSpec) o.spec()).hasData()).orElse(false)) {
        certificates.add(key);
      } else {
        references.add(new Problem("InvalidCertificateRef", key + " does not exist"));
      }
    }
    Set<Kind> admitted = listener.admittedKinds();
    for (Kind kind : listener.routeKinds()) {
      if (!admitted.contains(kind)) {
        references.add(
            new Problem(
                "InvalidRouteKinds",
                "%s at a listener of %s (expected: another kind)"
                    .formatted(kind.kindName(), listener.protocol())));
      }
    }
    boolean complete = listener.tls().mode() != TlsMode.TERMINATE || !certificates.isEmpty();
    boolean conflicted = !conflicts.isEmpty();
    List<Claim> claims = new ArrayList<>();
    claims.add(Verdict.claim(Verdict.ACCEPTED, conflicts, "the listener is valid"));
    claims.add(
        conflicted
            ? new Claim(
                Verdict.CONFLICTED,
                true,
                conflicts.getFirst().reason(),
                conflicts.getFirst().message())
            : new Claim(Verdict.CONFLICTED, false, "NoConflicts", "it stands alone"));
    claims.add(
        Verdict.claim(Verdict.RESOLVED_REFS, references, "it refers to nothing that is missing"));
    return new BoundListener(holder, listener, certificates, complete && !conflicted, claims);
  }

  List<BoundListener> inForce() {
    return all.stream().filter(BoundListener::inForce).toList();
  }

  /** Those of the Gateway itself, or of one of its ListenerSets. */
  List<BoundListener> of(ObjectKey holder) {
    return all.stream().filter(listener -> listener.holder().equals(holder)).toList();
  }

  List<BoundListener> inForce(int port) {
    return all.stream().filter(l -> l.inForce() && l.port() == port).toList();
  }

  Set<Integer> ports() {
    Set<Integer> ports = new TreeSet<>();
    inForce().forEach(listener -> ports.add(listener.port()));
    return ports;
  }

  /** The ports with a table of routes. */
  Set<Integer> httpPorts() {
    Set<Integer> ports = new TreeSet<>();
    for (BoundListener listener : inForce()) {
      switch (listener.spec().protocol()) {
        case HTTP, HTTPS -> ports.add(listener.port());
        case TLS, TCP -> {}
      }
    }
    return ports;
  }

  /** The Secrets that its proxies need. */
  Set<ObjectKey> secrets() {
    Set<ObjectKey> secrets = new TreeSet<>();
    inForce().forEach(listener -> secrets.addAll(listener.certificates()));
    return secrets;
  }
}
