package io.heddle.xds.server;

import io.grpc.Status;
import io.heddle.xds.model.ResourceType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with the streams of some of the nodes, a view of the cache, and the index from names
 * to subscriptions. Nothing in here is shared; whoever is not on the thread uses {@link #execute}.
 */
final class Shard implements Consumer<ResourceCache.Change> {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

  private final ExecutorService thread;
  private final ScopeResolver resolver;
  private final StreamListener listener;
  private final DelayedTasks timers;
  private final Clock clock;
  private final Limits limits;

  private final Map<Scope, ScopeView> views = new HashMap<>();
  private final Map<String, NodeState> nodes = new LinkedHashMap<>();
  private final Map<String, NodeState> absent = new LinkedHashMap<>();
  private final Set<StreamState> streams = new LinkedHashSet<>();
  private final Set<NodeState> toPump = new LinkedHashSet<>();
  private final NameSet.Pool names = new NameSet.Pool();
  private boolean ready;

  Shard(
      ExecutorService thread,
      ScopeResolver resolver,
      StreamListener listener,
      DelayedTasks timers,
      Clock clock,
      Limits limits) {
    this.thread = thread;
    this.resolver = resolver;
    this.listener = listener;
    this.timers = timers;
    this.clock = clock;
    this.limits = limits;
  }

  Limits limits() {
    return limits;
  }

  Instant now() {
    return clock.instant();
  }

  NameSet.Pool names() {
    return names;
  }

  boolean ready() {
    return ready;
  }

  /** Runs a task on the shard's thread; after the end of the server it is dropped. */
  void execute(Runnable task) {
    try {
      thread.execute(() -> {
        try {
          task.run();
        } catch (RuntimeException e) {
          LOG.error("a task of an xDS shard failed", e);
        }
      });
    } catch (RejectedExecutionException e) {
      LOG.debug("dropped after the xDS server was closed", e);
    }
  }

  void runAfter(Duration delay, Runnable task) {
    timers.runAfter(delay, () -> execute(task));
  }

  // ---- the cache's side

  @Override
  public void accept(ResourceCache.Change change) {
    execute(() -> changed(change));
  }

  private void changed(ResourceCache.Change change) {
    boolean opened = change.ready() && !ready;
    ready = change.ready();
    for (Scope scope : change.known()) {
      view(scope).becomeKnown();
      opened = true;
    }
    for (CacheUpdate.Entry entry : change.entries()) {
      String name = entry.key().name();
      view(entry.scope()).interested(entry.key(), one -> one.beforeChange(name));
    }
    // First all maps, then the marks: a stream never sees half of a change.
    for (CacheUpdate.Entry entry : change.entries()) {
      view(entry.scope()).set(entry.key(), entry.resource().orElse(null));
    }
    for (CacheUpdate.StateVersion version : change.versions()) {
      view(version.scope()).version(version.type(), version.version());
    }
    boolean queued = !toPump.isEmpty();
    for (CacheUpdate.Entry entry : change.entries()) {
      view(entry.scope())
          .interested(
              entry.key(),
              subscription -> {
                subscription.touched(entry.key().name());
                toPump.add(subscription.stream().node());
              });
    }
    if (opened) {
      streams.forEach(stream -> toPump.add(stream.node()));
    }
    // Queued behind the changes that are already waiting, so that they are merged.
    if (!queued && !toPump.isEmpty()) {
      execute(this::pump);
    }
  }

  private void pump() {
    List<NodeState> nodesToPump = new ArrayList<>(toPump);
    toPump.clear();
    for (NodeState node : nodesToPump) {
      guard(node.streams(), node::pump);
    }
  }

  private ScopeView view(Scope scope) {
    return views.computeIfAbsent(scope, s -> new ScopeView());
  }

  // ---- the streams' side

  /** Takes a stream in; null, and the stream ended, where its scopes cannot be told. */
  @Nullable StreamState open(ProxyStream info, StreamState.Outbound outbound, String noncePrefix) {
    List<ScopeView> scopes = new ArrayList<>();
    List<ScopeView> onDemand = new ArrayList<>();
    try {
      Set<Scope> shown = new LinkedHashSet<>(resolver.scopesOf(info.node()));
      for (Scope scope : shown) {
        scopes.add(view(scope));
      }
      for (Scope scope : new LinkedHashSet<>(resolver.onDemandScopesOf(info.node()))) {
        if (!shown.contains(scope)) {
          onDemand.add(view(scope));
        }
      }
    } catch (RuntimeException e) {
      LOG.error("the scopes of node {} could not be told", info.node().id(), e);
      outbound.close(Status.INTERNAL.withDescription("no scopes for this node"));
      return null;
    }
    NodeState node = node(info.node().id());
    node.openedBy(info.node().userAgent());
    StreamState stream = new StreamState(info, this, node, scopes, onDemand, outbound, noncePrefix);
    node.streams().add(stream);
    streams.add(stream);
    tell(() -> listener.connected(info));
    return stream;
  }

  private NodeState node(String id) {
    if (id.isEmpty()) {
      return new NodeState(id);
    }
    forgetAbsent();
    NodeState back = absent.remove(id);
    if (back != null) {
      nodes.put(id, back);
      return back;
    }
    return nodes.computeIfAbsent(id, NodeState::new);
  }

  /** The longest away come first, so that no more is looked at than is forgotten. */
  private void forgetAbsent() {
    Instant limit = now().minus(limits.absence());
    Iterator<NodeState> oldest = absent.values().iterator();
    while (oldest.hasNext() && !oldest.next().awaySince().isAfter(limit)) {
      oldest.remove();
    }
  }

  /** In the order of their names; none of a node that is not connected. */
  List<String> clustersOf(String nodeId) {
    Set<String> names = new TreeSet<>();
    NodeState node = nodes.get(nodeId);
    if (node != null) {
      for (StreamState stream : node.streams()) {
        names.addAll(stream.visibleNames(ResourceType.CLUSTER));
      }
    }
    return List.copyOf(names);
  }

  void closed(StreamState stream) {
    streams.remove(stream);
    NodeState node = stream.node();
    node.streams().remove(stream);
    if (node.streams().isEmpty() && nodes.remove(node.id(), node) && node.worthKeeping()) {
      forgetAbsent();
      node.away(now());
      absent.put(node.id(), node);
      if (absent.size() > limits.maxAbsentNodes()) {
        absent.remove(absent.keySet().iterator().next());
      }
    }
    tell(() -> listener.disconnected(stream.info()));
  }

  /** Runs what concerns some streams; a fault of ours ends them rather than leave them silent. */
  void guard(Collection<StreamState> concerned, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("xDS streams end because of a fault", e);
      for (StreamState stream : List.copyOf(concerned)) {
        stream.end(Status.INTERNAL.withDescription("a fault of the server"));
      }
    }
  }

  Collection<StreamState> streams() {
    return streams;
  }

  void rejected(Rejection rejection) {
    tell(() -> listener.rejected(rejection));
  }

  void acknowledged(Acknowledgement acknowledgement) {
    tell(() -> listener.acknowledged(acknowledgement));
  }

  private static void tell(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.error("the listener of xDS streams failed", e);
    }
  }

  /** Ends every stream and, behind them, the thread. */
  void close() {
    execute(() -> {
      for (StreamState stream : List.copyOf(streams)) {
        stream.end(Status.UNAVAILABLE.withDescription("the control plane is shutting down"));
      }
    });
    thread.shutdown();
  }
}
