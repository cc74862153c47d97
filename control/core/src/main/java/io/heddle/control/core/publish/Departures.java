package io.heddle.control.core.publish;

import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.core.translate.NodeFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says of which proxies without a stream nobody needs to hear any more.
 *
 * <p>A sidecar whose instance said goodbye or expired has left the mesh: it is due at once. While
 * its instance is registered it is not: that it lost its stream is then a trouble. Of a gateway,
 * and of a sidecar whose instance nobody ever announced, nothing says that it left; such a one is
 * due after {@link #PATIENCE}. Owned by the publisher's thread.
 */
final class Departures {
  /** How long a proxy is missed that nothing is known of. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private record Left(NodeFacts facts, Instant since) {}

  private final int remembered;
  private final Map<String, Left> left = new LinkedHashMap<>();
  private final Map<ServiceKey, Set<InstanceKey>> registered = new HashMap<>();

  /** Instances that were registered and are no more, the latest last. */
  private final Set<InstanceKey> gone = new LinkedHashSet<>();

  /**
   * @param remembered how many instances that went are remembered for proxies that leave later
   */
  Departures(int remembered) {
    this.remembered = remembered;
  }

  /** All instances of each of these services. */
  void instances(Map<ServiceKey, List<RegisteredInstance>> changed) {
    changed.forEach((service, instances) -> {
      Set<InstanceKey> now = new HashSet<>();
      instances.forEach(instance -> now.add(instance.key()));
      Set<InstanceKey> before = registered.getOrDefault(service, Set.of());
      before.stream().filter(key -> !now.contains(key)).forEach(gone::add);
      gone.removeAll(now);
      if (now.isEmpty()) {
        registered.remove(service);
      } else {
        registered.put(service, now);
      }
    });
    Iterator<InstanceKey> oldest = gone.iterator();
    for (int excess = gone.size() - remembered; excess > 0; excess--) {
      oldest.next();
      oldest.remove();
    }
  }

  void connected(String nodeId) {
    left.remove(nodeId);
  }

  void disconnected(String nodeId, NodeFacts facts, Instant now) {
    left.put(nodeId, new Left(facts, now));
  }

  /** The proxies that are due now; each is told once. */
  List<String> due(Instant now) {
    List<String> due = new ArrayList<>();
    left.forEach((nodeId, departure) -> {
      if (isDue(departure, now)) {
        due.add(nodeId);
      }
    });
    due.forEach(left::remove);
    return due;
  }

  private boolean isDue(Left departure, Instant now) {
    InstanceKey key =
        switch (departure.facts()) {
          case NodeFacts.Sidecar sidecar ->
              new InstanceKey(sidecar.namespace(), sidecar.service(), sidecar.instance());
          case NodeFacts.Grpc grpc ->
              new InstanceKey(grpc.namespace(), grpc.service(), grpc.instance());
          case NodeFacts.GatewayProxy _, NodeFacts.Unusable _ -> null;
        };
    if (key != null) {
      if (registered.getOrDefault(key.serviceKey(), Set.of()).contains(key)) {
        return false;
      }
      if (gone.contains(key)) {
        return true;
      }
    }
    return !now.isBefore(departure.since().plus(PATIENCE));
  }
}
