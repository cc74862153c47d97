package io.heddle.xds.client;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Status;
import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Subscribes to a control plane over one xDS stream for as long as it lives: the aggregated one
 * (ADS), or that of a single type.
 *
 * <p>What arrives goes to a {@link ResourceSink}; what the sink accepts is acknowledged, kept, and
 * written to the {@link LastGoodStore}; what it refuses is refused by name while the rest of its
 * response stands. When the stream breaks another is opened after a jittered wait; nothing is taken
 * from the sink meanwhile. At start the last good configuration is handed on first, and the control
 * plane's answer corrects it.
 *
 * <p>Methods may be called from any thread. All state belongs to the scheduler's thread.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol">xDS protocol</a>
 */
public final class XdsClient implements AutoCloseable {
  /** The name that subscribes to everything of a type. */
  public static final String WILDCARD = "*";

  private static final Logger LOG = LoggerFactory.getLogger(XdsClient.class);
  private static final Duration KEEP_UNCLAIMED = Duration.ofSeconds(60);
  private static final Duration LONGEST_KEEP_ALIVE = Duration.ofMinutes(10);
  private static final long CLOSE_SECONDS = 3;

  private final XdsClientOptions options;
  private final Node node;
  private final XdsScheduler scheduler;
  private final ChannelSource channels;
  private final boolean ownsChannels;
  private final ResourceIntake intake;
  private final ConnectionListener listener;
  private final Executor starter;
  private final Executor io;
  private final XdsStats stats = new XdsStats();
  private final Map<ResourceType, TypeState> states = new EnumMap<>(ResourceType.class);
  private final @Nullable LastGoodWriter writer;

  // Owned by the scheduler's thread.
  private @Nullable AdsStream<?, ?> stream;
  private XdsScheduler.@Nullable Timer retryTimer;
  private Duration keepAlive;
  private int failures;
  private int failuresAtOpen;
  private int attempts;
  private boolean startComplete;
  private boolean diskUsed;
  private boolean prepared;
  private boolean closed;

  XdsClient(
      XdsClientOptions options,
      ResourceSink sink,
      ChannelSource channels,
      boolean ownsChannels,
      Executor starter,
      Executor io) {
    this.ownsChannels = ownsChannels;
    this.options = options;
    this.node = options.node();
    this.scheduler = options.scheduler();
    this.listener = options.listener();
    this.keepAlive = options.keepAlive();
    this.channels = channels;
    this.starter = starter;
    this.io = io;
    this.intake = new ResourceIntake(sink, options.limits(), options.scheduler());
    for (ResourceType type : ResourceType.values()) {
      if (options.only().isEmpty() || options.only().get() == type) {
        states.put(type, new TypeState(type, stats.of(type)));
      }
    }
    LastGoodStore store = options.lastGood().orElse(null);
    this.writer = store == null ? null : new LastGoodWriter(store, scheduler, io, this::accepted);
  }

  /** A client that is not started yet; what it learns goes to the sink. */
  public static XdsClient create(XdsClientOptions options, ResourceSink sink) {
    return new XdsClient(
        options,
        sink,
        new NettyChannelSource(options.limits()),
        true,
        new OneThread("heddle-xds-start"),
        new OneThread("heddle-last-good"));
  }

  /** The same over channels that the caller shares and closes, after the client. */
  public static XdsClient create(
      XdsClientOptions options, ResourceSink sink, ChannelSource channels) {
    return new XdsClient(
        options,
        sink,
        channels,
        false,
        new OneThread("heddle-xds-start"),
        new OneThread("heddle-last-good"));
  }

  /**
   * Hands the last good configuration to the sink and connects. gRPC is loaded meanwhile on another
   * thread, so that the configuration on disk does not wait for it.
   */
  public void start() {
    startFromDisk();
    startStream();
  }

  /** The first half of {@link #start}, for a caller that connects only when it serves. */
  public void startFromDisk() {
    scheduler.execute(this::loadLastGood);
  }

  /** The second half of {@link #start}: loads gRPC and connects. */
  public void startStream() {
    starter.execute(() -> {
      channels.prepare();
      scheduler.execute(this::connectFirst);
    });
  }

  /**
   * Replaces the subscription to a type.
   *
   * @param names resource names, {@link #WILDCARD} for all; empty ends the subscription
   */
  public void subscribe(ResourceType type, Set<String> names) {
    Set<String> wanted = Set.copyOf(names);
    scheduler.execute(() -> changeSubscription(state(type), wanted));
  }

  /** What has been counted; readable from any thread. */
  public XdsStats stats() {
    return stats;
  }

  /** Every accepted resource. Only on the scheduler's thread. */
  public LastGood accepted() {
    Map<ResourceType, List<ReceivedResource>> all = new EnumMap<>(ResourceType.class);
    for (TypeState state : states.values()) {
      List<ReceivedResource> list = new ArrayList<>(state.held.values());
      list.addAll(state.fromDisk.values());
      all.put(state.type, list);
    }
    return new LastGood(all);
  }

  /**
   * Ends the stream and saves what has changed; waits up to 3 s for the disk. Not to be called on
   * the scheduler's thread, which stays open.
   */
  @Override
  public void close() {
    CountDownLatch done = new CountDownLatch(1);
    scheduler.execute(() -> shutDown(done::countDown));
    try {
      if (!done.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("The last good configuration was not saved within {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (ownsChannels) {
      channels.close();
    }
  }

  /** Ends the stream without waiting for anything; nothing is saved. From any thread. */
  public void end() {
    scheduler.execute(() -> shutDown(() -> {}));
  }

  private void shutDown(Runnable done) {
    closed = true;
    if (retryTimer != null) {
      retryTimer.cancel();
    }
    if (stream != null) {
      stream.close();
      stream = null;
    }
    intake.close();
    stats.connectedState.set(0);
    if (writer == null) {
      io.execute(done);
    } else {
      writer.close(done);
    }
  }

  private void loadLastGood() {
    LastGoodStore store = options.lastGood().orElse(null);
    if (store == null) {
      return;
    }
    switch (store.load()) {
      case LastGoodStore.Loaded.Absent _ -> LOG.debug("No last good configuration yet");
      case LastGoodStore.Loaded.Refused refused ->
          LOG.warn("Last good configuration {} not used: {}", store.file(), refused.reason());
      case LastGoodStore.Loaded.Found found -> replay(found.lastGood());
    }
  }

  private void replay(LastGood lastGood) {
    LOG.info("Last good configuration: {} resources from disk", lastGood.size());
    diskUsed = true;
    for (TypeState state : states.values()) {
      for (ReceivedResource resource : lastGood.of(state.type)) {
        if (!state.held.containsKey(resource.name())) {
          state.fromDisk.put(resource.name(), resource);
        }
      }
      claimFromDisk(state);
    }
    scheduler.schedule(this::dropUnclaimed, KEEP_UNCLAIMED);
  }

  private void claimFromDisk(TypeState state) {
    List<ReceivedResource> claimed = new ArrayList<>();
    for (ReceivedResource resource : List.copyOf(state.fromDisk.values())) {
      if (state.wants(resource.name())) {
        state.fromDisk.remove(resource.name());
        // What the control plane has sent meanwhile is newer.
        if (!state.held.containsKey(resource.name())) {
          claimed.add(resource);
        }
      }
    }
    Set<String> missing = missingOnDisk(state);
    for (ReceivedResource resource : claimed) {
      missing.remove(resource.name());
    }
    if (!claimed.isEmpty() || !missing.isEmpty()) {
      intake.replay(state, claimed, missing);
    }
  }

  /**
   * Endpoints or routes that the configuration on disk names and does not have. While the control
   * plane is away nobody should wait for them. A name counts once.
   */
  private Set<String> missingOnDisk(TypeState state) {
    if (!diskUsed) {
      return new HashSet<>();
    }
    boolean parentAnswered =
        switch (state.type) {
          case CLUSTER, LISTENER -> true;
          case ENDPOINTS -> state(ResourceType.CLUSTER).answered;
          case ROUTES -> state(ResourceType.LISTENER).answered;
          case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME -> true;
        };
    if (parentAnswered) {
      return new HashSet<>();
    }
    Set<String> missing = new HashSet<>();
    for (String name : state.wanted) {
      if (!state.held.containsKey(name) && state.missingToldOnce.add(name)) {
        missing.add(name);
      }
    }
    return missing;
  }

  private void dropUnclaimed() {
    for (TypeState state : states.values()) {
      if (!state.fromDisk.isEmpty()) {
        state.fromDisk.clear();
        save();
      }
    }
  }

  private void changeSubscription(TypeState state, Set<String> wanted) {
    if (closed || state.wanted.equals(wanted)) {
      return;
    }
    state.wanted = wanted;
    Set<String> unwanted = new HashSet<>();
    for (String name : state.held.keySet()) {
      if (!state.wants(name)) {
        unwanted.add(name);
      }
    }
    for (String name : unwanted) {
      intake.forget(state, name);
    }
    state.absent.retainAll(wanted);
    claimFromDisk(state);
    if (!unwanted.isEmpty()) {
      save();
    }
    if (stream != null) {
      stream.subscriptionsChanged();
    }
  }

  private void connectFirst() {
    prepared = true;
    connect();
  }

  private void connect() {
    retryTimer = null;
    if (closed || !prepared || stream != null) {
      return;
    }
    List<String> targets = options.targets();
    String target = targets.get(attempts % targets.size());
    attempts++;
    failuresAtOpen = failures;
    stats.connectAttempts.incrementAndGet();
    try {
      switch (options.variant()) {
        case DELTA -> {
          open(
              target,
              new DeltaConversation(
                  node, options.nodeOnFirstMessageOnly(), all(), intake, stats, options.only()));
        }
        case STATE_OF_THE_WORLD -> {
          open(
              target,
              new SotwConversation(
                  node, options.nodeOnFirstMessageOnly(), all(), intake, stats, options.only()));
        }
      }
    } catch (RuntimeException e) {
      ended(target, Status.INTERNAL.withDescription(e.toString()), false, false);
    }
  }

  private <Q, R> void open(String target, Conversation<Q, R> conversation) {
    AdsStream<Q, R> opened =
        new AdsStream<>(
            channels.open(target, options.authority(), keepAlive, scheduler),
            conversation,
            scheduler,
            options,
            stats,
            new AdsStream.Owner() {
              @Override
              public void streamReady() {
                stats.connectedState.set(1);
                LOG.info("Connected to the control plane at {}", target);
                listener.connected(target);
              }

              @Override
              public void streamAnswered() {
                failures = 0;
                save();
                // After the subscriptions that the sink made while it applied the response.
                scheduler.execute(XdsClient.this::saveWhenComplete);
              }

              @Override
              public void streamEnded(Status status, boolean answered, boolean restart) {
                stream = null;
                ended(target, status, answered, restart);
              }
            });
    stream = opened;
    opened.start();
  }

  private void ended(String target, Status status, boolean answered, boolean restart) {
    stats.connectedState.set(0);
    if (closed) {
      return;
    }
    String reason = NackText.cut((status.getCode() + " " + describe(status)).strip(), 300);
    if (reason.contains("too_many_pings")) {
      // The control plane allows fewer pings than we send.
      Duration doubled = keepAlive.multipliedBy(2);
      keepAlive = doubled.compareTo(LONGEST_KEEP_ALIVE) > 0 ? LONGEST_KEEP_ALIVE : doubled;
    }
    if (answered && status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
      // Perhaps a message above our limit, which the next stream will bring again: no fresh start.
      failures = failuresAtOpen;
    }
    for (TypeState state : states.values()) {
      if (!state.wanted.isEmpty() && !restart) {
        intake.failed(state);
      }
    }
    Duration delay = restart ? Duration.ZERO : options.backoff().delay(failures, options.random());
    failures = restart ? failures : failures + 1;
    logEnd(target, reason, delay);
    listener.disconnected(target, reason, delay);
    retryTimer = scheduler.schedule(this::connect, delay);
  }

  /** The first failure in a row is worth a warning, the others would flood the log. */
  private void logEnd(String target, String reason, Duration delay) {
    if (failures == 1) {
      LOG.warn("Control plane at {}: {}; next attempt in {} ms", target, reason, delay.toMillis());
    } else {
      LOG.debug("Control plane at {}: {}; next attempt in {} ms", target, reason, delay.toMillis());
    }
  }

  private static String describe(Status status) {
    StringBuilder out = new StringBuilder();
    if (status.getDescription() != null) {
      out.append(status.getDescription());
    }
    for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
      out.append(out.isEmpty() ? "" : ": ").append(cause.getMessage());
    }
    return out.toString();
  }

  private void save() {
    if (writer != null) {
      writer.changed();
    }
  }

  /** A process killed right after its start must find a whole configuration on its next one. */
  private void saveWhenComplete() {
    if (startComplete || writer == null) {
      return;
    }
    for (TypeState state : states.values()) {
      if (!state.complete()) {
        return;
      }
    }
    startComplete = true;
    writer.saveAtOnce();
  }

  private Collection<TypeState> all() {
    return states.values();
  }

  private TypeState state(ResourceType type) {
    TypeState state = states.get(type);
    if (state == null) {
      throw new IllegalStateException("no state for " + type);
    }
    return state;
  }
}
