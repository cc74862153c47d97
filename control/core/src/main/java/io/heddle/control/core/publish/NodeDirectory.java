package io.heddle.control.core.publish;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.Names;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Knows the nodes that are connected, and remembers so many of those that left.
 *
 * <p>A node that left keeps its scope with all that is in it, so that it is answered at once, and
 * never with nothing, when it returns. The one that left first is forgotten when there are too
 * many: first its scope is given to no newcomer, and only a sweep later what is in it goes.
 *
 * <p>{@link #scopesOf} is for any thread; all else belongs to the publisher's.
 */
final class NodeDirectory {
  private static final Duration BETWEEN_SWEEPS = Duration.ofMinutes(1);

  /** Who a node says that it is. Two that share an id but differ in their facts do not meet. */
  record Identity(String nodeId, NodeFacts facts) {}

  private final ConcurrentMap<Identity, Scope> scopes = new ConcurrentHashMap<>();

  /** Nobody has to be told. */
  static final Predicate<NodeInfo> NOBODY = _ -> false;

  private volatile Set<ObjectKey> bounded = Set.of();
  private final AtomicLong numbers = new AtomicLong();
  private final int remembered;

  /** Open streams by node. */
  private final Map<Identity, Set<Long>> connected = new LinkedHashMap<>();

  /** In the order in which they left. */
  private final Map<Identity, Instant> left = new LinkedHashMap<>();

  private final Map<Identity, Scope> retired = new LinkedHashMap<>();
  private Instant nextSweep = Instant.MIN;

  /**
   * @param remembered how many nodes that left are remembered
   */
  NodeDirectory(int remembered) {
    this.remembered = remembered;
  }

  List<Scope> scopesOf(NodeInfo node) {
    Identity identity = identity(node);
    return Names.scopesOf(scopeOf(identity), identity.facts(), isBounded(identity.facts()));
  }

  private boolean isBounded(NodeFacts facts) {
    return facts instanceof NodeFacts.Sidecar sidecar && bounded.contains(Names.serviceOf(sidecar));
  }

  /**
   * These services say whom they call. What a node sees is told to each of its streams once, so
   * that the streams of nodes for which it is different now have to end.
   *
   * @return which nodes these are
   */
  Predicate<NodeInfo> bounded(Set<ObjectKey> services) {
    Set<ObjectKey> different = new HashSet<>(bounded);
    different.removeAll(services);
    services.stream().filter(service -> !bounded.contains(service)).forEach(different::add);
    bounded = Set.copyOf(services);
    return different.isEmpty()
        ? NOBODY
        : node ->
            NodeFacts.of(node) instanceof NodeFacts.Sidecar sidecar
                && different.contains(Names.serviceOf(sidecar));
  }

  Scope scopeOf(Identity identity) {
    return scopes.computeIfAbsent(
        identity, i -> new Scope("node/" + i.nodeId() + "/" + numbers.incrementAndGet()));
  }

  static Identity identity(NodeInfo node) {
    return new Identity(node.id(), NodeFacts.of(node));
  }

  void connected(Identity identity, long stream) {
    connected.computeIfAbsent(identity, i -> new HashSet<>()).add(stream);
    left.remove(identity);
    Scope scope = retired.remove(identity);
    if (scope != null) {
      scopes.putIfAbsent(identity, scope);
    }
  }

  /** Whether it was the node's last stream. */
  boolean disconnected(Identity identity, long stream, Instant now) {
    Set<Long> streams = connected.get(identity);
    if (streams == null || !streams.remove(stream) || !streams.isEmpty()) {
      return false;
    }
    connected.remove(identity);
    left.put(identity, now);
    return true;
  }

  boolean isConnected(String nodeId) {
    return connected.keySet().stream().anyMatch(identity -> identity.nodeId().equals(nodeId));
  }

  /** The own scope of a connected node; of several with this id any one. */
  Optional<Scope> scopeOfConnected(String nodeId) {
    for (Identity identity : connected.keySet()) {
      if (identity.nodeId().equals(nodeId)) {
        return Optional.of(scopeOf(identity));
      }
    }
    return Optional.empty();
  }

  /** The nodes whose scopes may now be emptied. */
  Map<Identity, Scope> sweep(Instant now) {
    if (now.isBefore(nextSweep) || (left.size() <= remembered && retired.isEmpty())) {
      return Map.of();
    }
    nextSweep = now.plus(BETWEEN_SWEEPS);
    Map<Identity, Scope> forgotten = new LinkedHashMap<>(retired);
    retired.clear();
    List<Identity> oldest = new ArrayList<>();
    Iterator<Identity> order = left.keySet().iterator();
    for (int excess = left.size() - remembered; excess > 0; excess--) {
      oldest.add(order.next());
    }
    for (Identity identity : oldest) {
      left.remove(identity);
      Scope scope = scopes.remove(identity);
      if (scope != null) {
        retired.put(identity, scope);
      }
    }
    return forgotten;
  }
}
