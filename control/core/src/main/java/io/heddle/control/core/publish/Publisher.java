package io.heddle.control.core.publish;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.registry.RegistryListener;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.core.rollout.Staging;
import io.heddle.control.core.status.KnownProxy;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.Acknowledgement;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.LoadReports.ClusterLoad;
import io.heddle.xds.server.LoadReports.Outcomes;
import io.heddle.xds.server.NodeAdmission;
import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.ProxyStream;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.ScopeResolver;
import io.heddle.xds.server.StreamListener;
import io.heddle.xds.server.XdsServer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what store and registry hold over xDS, and keeps the {@link StatusBoard} true.
 *
 * <p>The constructor builds the cache and the xDS server, whose services the caller adds to a gRPC
 * server. {@link #start} reads store and registry whole, publishes that, and only then lets the
 * server answer. A change that comes alone is published at once; of a burst those that come within
 * {@value #BURST_MILLIS} ms are published together.
 */
public final class Publisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
  private static final int BURST_MILLIS = 5;
  private static final int REMEMBERED_NODES = 4_096;
  private static final int SEARCHED_HISTORY = 100;
  private static final int IDLE_SECONDS = 15;

  private final Store store;
  private final Registry registry;
  private final Clock clock;
  private final ResourceCache cache = new ResourceCache();
  private final Translator translator = new Translator();
  private final NodeDirectory nodes = new NodeDirectory(REMEMBERED_NODES);
  private final Departures departures = new Departures(REMEMBERED_NODES);
  private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
  private final LongAdder publications = new LongAdder();
  private final LongAdder resources = new LongAdder();
  private final LongAdder rejections = new LongAdder();
  private final XdsServer server;
  private final StatusBoard board;
  private final Containments containments;
  private final SideBySide sides;
  private final StagingView staging;
  private final Thread thread;
  private final List<AutoCloseable> watches = new ArrayList<>();
  private volatile Revision published = Revision.NONE;

  /** The state that the next publication is of; of the publisher's thread. */
  private Revision publishing = Revision.NONE;

  /**
   * @param culprits the file that remembers over a restart what proxies refuse; its directory must
   *     exist
   */
  public Publisher(Store store, Registry registry, Clock clock, Path culprits) {
    this(store, registry, clock, culprits, NodeAdmission.EVERYBODY);
  }

  /**
   * @param culprits the file that remembers over a restart what proxies refuse; its directory must
   *     exist
   * @param admission says who may be which node
   */
  public Publisher(
      Store store, Registry registry, Clock clock, Path culprits, NodeAdmission admission) {
    this.store = store;
    this.registry = registry;
    this.clock = clock;
    ScopeResolver resolver = nodes::scopesOf;
    this.server =
        XdsServer.builder(cache, resolver)
            .listener(new Listener())
            .clock(clock)
            .admission(admission)
            .build();
    this.board = new StatusBoard(server.syncView(), clock);
    this.containments =
        new Containments(
            translator, cache, board, server.syncView(), new CulpritFile(culprits), this::past);
    this.sides = new SideBySide(translator, board, containments::contains, containments::watches);
    this.staging =
        new StagingView(sides, server.syncView(), command -> queue.add(new Event.Command(command)));
    this.thread = Thread.ofPlatform().name("publisher").daemon().unstarted(this::run);
  }

  /** What to add to a gRPC server, and what the proxies hold. */
  public XdsServer server() {
    return server;
  }

  /** How objects and proxies stand. */
  public StatusBoard board() {
    return board;
  }

  /** Shows some proxies another configuration; what is asked before the start holds from there. */
  public Staging staging() {
    return staging;
  }

  /** How requests ended, by node id and cluster, as proxies report it. */
  public Map<String, Map<String, Outcomes>> loads() {
    return sides.apart(server.loadReports().byProxy());
  }

  /** What proxies report of the load of their clusters. */
  public List<ClusterLoad> clusterLoads() {
    return server.loadReports().clusters();
  }

  /**
   * Localities of services have only a share of their weight, in percent; all others have all. What
   * is said before the start holds from there.
   */
  public void localityShares(Map<ObjectKey, Map<Locality, Integer>> shares) {
    queue.add(new Event.Shares(shares));
  }

  /** The state of the store that was published last. */
  public Revision published() {
    return published;
  }

  /** Counts of what was computed and published, by name. */
  public Map<String, Long> counters() {
    Map<String, Long> values = new TreeMap<>(translator.counters().values());
    values.put("publish.publications", publications.sum());
    values.put("publish.resources", resources.sum());
    values.put("publish.rejections", rejections.sum());
    return values;
  }

  /** Reads everything once, publishes it, and goes on with what changes. */
  public void start() {
    Listing listing = store.list(Selection.EVERYTHING);
    translator.relist(listing.objects());
    instances(
        registry.instances().stream()
            .collect(Collectors.groupingBy(instance -> instance.key().serviceKey())));
    containments.start();
    publishing = listing.revision();
    publish();
    // Whoever asked before is shown it from its first connection on: nobody is there yet.
    List<Event> asked = new ArrayList<>();
    queue.drainTo(asked);
    asked.forEach(this::take);
    publish();
    staging.published(commands(asked));
    published = listing.revision();
    cache.markReady();
    watches.add(store.watch(Selection.EVERYTHING, listing.revision(), new StoreEvents()));
    watches.add(registry.watch(new RegistryEvents()));
    thread.start();
  }

  private void instances(Map<ServiceKey, List<RegisteredInstance>> changed) {
    changed.forEach((key, instances) -> {
      translator.instances(key, instances);
      sides.tell(fork -> fork.instances(key, instances));
    });
    sides.instances(changed.keySet());
    departures.instances(changed);
  }

  private Optional<ResourceObject> past(ObjectKey key, long generation) {
    return store.history(key, SEARCHED_HISTORY).stream()
        .flatMap(entry -> Stream.concat(entry.after().stream(), entry.before().stream()))
        .filter(object -> object.metadata().generation() == generation)
        .findFirst();
  }

  private void run() {
    long lastPublication = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(BURST_MILLIS);
    List<Event> batch = new ArrayList<>();
    try {
      while (true) {
        // Some things happen only because time passed: see sweep.
        Event first = queue.poll(IDLE_SECONDS, TimeUnit.SECONDS);
        if (first != null) {
          batch.add(first);
        }
        long due = lastPublication + TimeUnit.MILLISECONDS.toNanos(BURST_MILLIS);
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
          Event next = queue.poll(wait, TimeUnit.NANOSECONDS);
          if (next != null) {
            batch.add(next);
          }
        }
        queue.drainTo(batch);
        if (!handle(batch)) {
          return;
        }
        batch.clear();
        lastPublication = System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("the publisher was interrupted and ends");
    }
  }

  private boolean handle(List<Event> batch) {
    publishing = published;
    for (Event event : batch) {
      if (event == Event.Stop.STOP) {
        return false;
      }
      take(event);
    }
    try {
      sweep();
      publish();
      published = publishing;
      staging.published(commands(batch));
    } catch (RuntimeException e) {
      LOG.error("could not publish", e);
    }
    return true;
  }

  private static int commands(List<Event> events) {
    return (int) events.stream().filter(Event.Command.class::isInstance).count();
  }

  private void take(Event event) {
    try {
      switch (event) {
        case Event.Relisted relisted -> {
          translator.relist(relisted.objects());
          sides.relist(relisted.objects());
          publishing = relisted.revision();
        }
        case Event.Changed changed -> {
          changed.events().forEach(this::apply);
          publishing = changed.revision();
        }
        case Event.Instances instances -> instances(instances.changed());
        case Event.Connected connected -> connected(connected.stream());
        case Event.Disconnected left -> disconnected(left.stream());
        case Event.Accepted accepted ->
            containments.accepted(accepted.nodeId(), accepted.table(), accepted.version());
        case Event.Rejected rejected -> rejected(rejected.rejection());
        case Event.Command command -> command.work().run();
        case Event.Shares shares -> {
          translator.localityShares(shares.shares());
          sides.tell(fork -> fork.localityShares(shares.shares()));
        }
        case Event.Stop _ -> {
          // The last of its batch.
        }
      }
    } catch (RuntimeException e) {
      // One event must not end the publication of all that follow; the object is named.
      LOG.error("could not take in {}", event, e);
    }
  }

  private void apply(StoreEvent event) {
    switch (event) {
      case StoreEvent.Updated updated -> translator.update(updated.object());
      case StoreEvent.Removed removed -> translator.remove(removed.key());
    }
    sides.apply(event);
  }

  private void connected(ProxyStream stream) {
    NodeDirectory.Identity identity = NodeDirectory.identity(stream.node());
    nodes.connected(identity, stream.id());
    departures.connected(identity.nodeId());
    translator.node(nodes.scopeOf(identity), identity.facts());
    containments.connected(identity.nodeId(), nodes.scopeOf(identity));
    sides.connected(nodes.scopeOf(identity), identity.facts(), stream.node());
    board.recordProxy(new KnownProxy(identity.nodeId(), identity.facts(), true, stream.since()));
    if (identity.facts() instanceof NodeFacts.Unusable bad) {
      LOG.warn("node {} gets nothing: {}", identity.nodeId(), bad.problem());
    }
  }

  private void disconnected(ProxyStream stream) {
    NodeDirectory.Identity identity = NodeDirectory.identity(stream.node());
    if (!nodes.disconnected(identity, stream.id(), clock.instant())) {
      return;
    }
    sides.disconnected(nodes.scopeOf(identity));
    if (!nodes.isConnected(identity.nodeId())) {
      board.recordProxy(
          new KnownProxy(identity.nodeId(), identity.facts(), false, clock.instant()));
      departures.disconnected(identity.nodeId(), identity.facts(), clock.instant());
    }
  }

  private void rejected(Rejection rejection) {
    rejections.increment();
    LOG.warn(
        "proxy {} refuses {} {}: {}",
        rejection.nodeId(),
        rejection.type(),
        rejection.name(),
        rejection.message());
    if (sides.showed(rejection)) {
      return; // the rollout's affair: it is taken back, and no table is searched through
    }
    // What was told of before belongs to the world in which a culprit is searched.
    publish();
    nodes
        .scopeOfConnected(rejection.nodeId())
        .ifPresent(scope -> containments.rejected(rejection, scope));
  }

  private void sweep() {
    departures.due(clock.instant()).forEach(board::recordGone);
    nodes
        .sweep(clock.instant())
        .forEach((identity, scope) -> {
          translator.forget(scope);
          sides.forget(scope);
          if (!nodes.isConnected(identity.nodeId())) {
            containments.forget(identity.nodeId());
            board.recordForgotten(identity.nodeId());
          }
        });
  }

  private void publish() {
    Translation translation = translator.translate();
    CacheUpdate.Builder update = CacheUpdate.builder();
    for (Scope scope : translation.declared()) {
      update.declare(scope);
    }
    translation.put().forEach(produced -> update.put(produced.scope(), produced.resource()));
    translation.removed().forEach(place -> update.remove(place.scope(), place.key()));
    board.recordTranslation(translation);
    containments.restore(update);
    sides.publish(translation, update, state -> store.reaches(publishing, state));
    cache.apply(update.build());
    Predicate<NodeInfo> different = nodes.bounded(translator.bounded());
    if (!different.equals(NodeDirectory.NOBODY)) {
      server.reconnect(different);
    }
    if (!translation.put().isEmpty() || !translation.removed().isEmpty()) {
      publications.increment();
      resources.add(translation.put().size() + translation.removed().size());
    }
    containments.translated(translation);
  }

  /** Ends the watches and the thread, then the xDS streams. */
  @Override
  public void close() {
    for (AutoCloseable watch : watches) {
      try {
        watch.close();
      } catch (Exception e) {
        LOG.warn("a watch did not close", e);
      }
    }
    queue.add(Event.Stop.STOP);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
  }

  private final class StoreEvents implements StoreListener {
    @Override
    public void onRelist(Listing listing) {
      queue.add(new Event.Relisted(listing.objects(), listing.revision()));
    }

    @Override
    public void onEvents(List<StoreEvent> events, Revision revision) {
      queue.add(new Event.Changed(events, revision));
    }
  }

  private final class RegistryEvents implements RegistryListener {
    @Override
    public void onChange(Map<ServiceKey, List<RegisteredInstance>> changed) {
      queue.add(new Event.Instances(changed));
    }
  }

  /** Called on the shards' threads: only queues. */
  private final class Listener implements StreamListener {
    @Override
    public void connected(ProxyStream stream) {
      queue.add(new Event.Connected(stream));
    }

    @Override
    public void acknowledged(Acknowledgement acknowledgement) {
      if (acknowledgement.type() == ResourceType.ROUTES
          && containments.watches(acknowledgement.nodeId())) {
        for (EncodedResource resource : acknowledgement.accepted()) {
          queue.add(
              new Event.Accepted(acknowledgement.nodeId(), resource.name(), resource.version()));
        }
      }
    }

    @Override
    public void rejected(Rejection rejection) {
      queue.add(new Event.Rejected(rejection));
    }

    @Override
    public void disconnected(ProxyStream stream) {
      queue.add(new Event.Disconnected(stream));
    }
  }
}
