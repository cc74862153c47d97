package io.heddle.xds.server;

import io.grpc.Status;
import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One open stream whose node is known. Owned by its shard: every method runs there. */
final class StreamState {
  private static final Logger LOG = LoggerFactory.getLogger(StreamState.class);
  private static final int LONGEST_LOGGED_URL = 256;

  /** The transport's side of a stream. */
  interface Outbound {
    boolean isReady();

    void send(Response response);

    void close(Status status);

    /** Lets the client's next request come. */
    void requestNext();
  }

  private final ProxyStream info;
  private final Shard shard;
  private final NodeState node;
  private final List<ScopeView> scopes;

  /** Of which only what is asked for by name is seen. */
  private final List<ScopeView> onDemand;

  private final Outbound outbound;
  private final Framing framing;
  private final Map<ResourceType, Subscription> subscriptions = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, String> latestNonce = new EnumMap<>(ResourceType.class);
  private final String noncePrefix;
  private long nonces;
  private boolean open = true;
  private boolean askedInVain;

  StreamState(
      ProxyStream info,
      Shard shard,
      NodeState node,
      List<ScopeView> scopes,
      List<ScopeView> onDemand,
      Outbound outbound,
      String noncePrefix) {
    this.info = info;
    this.shard = shard;
    this.node = node;
    this.scopes = List.copyOf(scopes);
    this.onDemand = List.copyOf(onDemand);
    this.outbound = outbound;
    this.framing = Framing.of(info.delta(), info.node().features());
    this.noncePrefix = noncePrefix;
  }

  ProxyStream info() {
    return info;
  }

  NodeState node() {
    return node;
  }

  String nodeId() {
    return node.id();
  }

  Limits limits() {
    return shard.limits();
  }

  Framing framing() {
    return framing;
  }

  NameSet.Pool names() {
    return shard.names();
  }

  boolean seesOnDemand() {
    return !onDemand.isEmpty();
  }

  boolean aggregated() {
    return info.type().isEmpty();
  }

  @Nullable Subscription subscription(ResourceType type) {
    return subscriptions.get(type);
  }

  Collection<Subscription> subscriptions() {
    return subscriptions.values();
  }

  // ---- from the client

  void onRequest(Request request) {
    if (!open) {
      return;
    }
    switch (request) {
      case Request.Refused(Status status) -> end(status);
      case Request.Sotw sotw ->
          subscribed(sotw.common(), sotw.names().size(), s -> s.request(sotw));
      case Request.Delta delta ->
          subscribed(delta.common(), delta.subscribe().size(), s -> s.request(delta));
    }
    if (open) {
      node.pump();
      outbound.requestNext();
    }
  }

  private void subscribed(Request.Head common, int names, Consumer<Subscription> request) {
    String url = common.typeUrl();
    if (url.isEmpty() && aggregated()) {
      end(Status.INVALID_ARGUMENT.withDescription("type_url: \"\" (expected: a type URL)"));
      return;
    }
    Optional<ResourceType> type =
        url.isEmpty() ? info.type() : ServedTypes.ofTypeUrl(url, info.delta());
    if (!aggregated() && !type.equals(info.type())) {
      end(
          Status.INVALID_ARGUMENT.withDescription(
              "type_url: \"%s\" (expected: %s)"
                  .formatted(url, info.type().map(ResourceType::typeUrl).orElse(""))));
      return;
    }
    if (type.isEmpty()) {
      notServed(url);
      return;
    }
    int others = 0;
    for (Subscription s : subscriptions.values()) {
      others += info.delta() || s.type() != type.get() ? s.interest().names().size() : 0;
    }
    if (others + names > limits().maxNamesPerStream()) {
      end(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "resource names: %d (expected: at most %d on a stream)"
                  .formatted(others + names, limits().maxNamesPerStream())));
      return;
    }
    request.accept(
        subscriptions.computeIfAbsent(type.get(), t -> new Subscription(this, t, info.delta())));
  }

  /** The client goes on without it; as it may ask on every stream, this is said once a stream. */
  private void notServed(String url) {
    if (!askedInVain) {
      askedInVain = true;
      LOG.info(
          "node {} asks for {}, which this server does not have{}: it is not answered",
          nodeId(),
          url.substring(0, Math.min(url.length(), LONGEST_LOGGED_URL)),
          info.delta() ? "" : " as state of the world");
    }
  }

  void onReady() {
    if (open) {
      node.pump();
    }
  }

  /** Ends the stream from our side. */
  void end(Status status) {
    if (open) {
      outbound.close(status);
      onClosed();
    }
  }

  /** The stream is over, whoever ended it. */
  void onClosed() {
    if (open) {
      open = false;
      subscriptions.values().forEach(Subscription::close);
      shard.closed(this);
    }
  }

  // ---- for subscriptions

  /** Whether the content is known, the stream is open and the transport takes more. */
  boolean mayAnswer() {
    if (!open || !shard.ready() || !outbound.isReady()) {
      return false;
    }
    return known(scopes) && known(onDemand);
  }

  private static boolean known(List<ScopeView> scopes) {
    for (ScopeView scope : scopes) {
      if (!scope.known()) {
        return false;
      }
    }
    return true;
  }

  void send(Response response) {
    outbound.send(response);
  }

  String nextNonce(ResourceType type) {
    String nonce = noncePrefix + nonces++;
    latestNonce.put(type, nonce);
    return nonce;
  }

  boolean hasSent(ResourceType type) {
    return latestNonce.containsKey(type);
  }

  boolean isLatest(ResourceType type, String nonce) {
    return nonce.equals(latestNonce.get(type));
  }

  /** Visits the scopes in which a name is looked up. */
  void index(Consumer<ScopeView> visitor) {
    scopes.forEach(visitor);
    onDemand.forEach(visitor);
  }

  /** Visits the scopes that a wildcard shows. */
  void indexAll(Consumer<ScopeView> visitor) {
    scopes.forEach(visitor);
  }

  @Nullable EncodedResource lookup(ResourceType type, String name) {
    EncodedResource found = lookup(scopes, type, name);
    if (found == null && !onDemand.isEmpty()) {
      Subscription subscription = subscriptions.get(type);
      if (subscription != null && subscription.interest().names(name)) {
        found = lookup(onDemand, type, name);
      }
    }
    return found;
  }

  private static @Nullable EncodedResource lookup(
      List<ScopeView> scopes, ResourceType type, String name) {
    for (ScopeView scope : scopes) {
      EncodedResource found = scope.get(type, name);
      if (found != null) {
        return found.hides() ? null : found;
      }
    }
    if (type == ResourceType.VIRTUAL_HOSTS) {
      for (ScopeView scope : scopes) {
        EncodedResource found = scope.host(name);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** The version that the owner of the content gave to the type's whole state; null for none. */
  @Nullable String stateVersion(ResourceType type) {
    for (ScopeView scope : scopes) {
      String version = scope.version(type);
      if (version != null) {
        return version;
      }
    }
    return null;
  }

  NodeState.Target target(ResourceType type, String name) {
    return node.target(type, name, lookup(type, name));
  }

  /** Whether the node should hold what is shown to it under a name. */
  boolean offers(EncodedResource shown, String name) {
    return node.target(shown.type(), name, shown)
            instanceof NodeState.Target.Present(EncodedResource due)
        && due == shown;
  }

  Set<String> visibleNames(ResourceType type) {
    Set<String> names = new LinkedHashSet<>();
    boolean hides = false;
    for (ScopeView scope : scopes) {
      names.addAll(scope.names(type));
      hides |= scope.hides(type);
    }
    if (hides) {
      names.removeIf(name -> lookup(type, name) == null);
    }
    return names;
  }

  /** The type's first request on this stream comes from a process that holds nothing of it. */
  void startedAfresh(ResourceType type) {
    node.forget(type);
  }

  /**
   * A culprit was found.
   *
   * @param name what the client asks for it by
   */
  void quarantine(
      String name,
      EncodedResource culprit,
      String message,
      @Nullable EncodedResource lastAccepted) {
    node.quarantine(
        new ResourceKey(culprit.type(), name),
        new NodeState.Quarantine(culprit.version(), message, lastAccepted, shard.now()));
    shard.rejected(
        new Rejection(nodeId(), culprit.type(), culprit.name(), culprit.version(), message));
  }

  void acknowledged(ResourceType type, List<EncodedResource> accepted, List<String> removed) {
    shard.acknowledged(new Acknowledgement(nodeId(), type, accepted, removed));
  }

  void warmEndpoints(String name) {
    for (Subscription endpoints : related(ResourceType.ENDPOINTS)) {
      endpoints.warm(name);
    }
  }

  void afterOrderingWait(Runnable over) {
    after(limits().orderingWait(), over);
  }

  /** Runs a task on the shard once the delay is over, and then sends what there is to send. */
  void after(Duration delay, Runnable task) {
    shard.runAfter(
        delay,
        () -> {
          if (open) {
            task.run();
            node.pump();
          }
        });
  }

  Instant now() {
    return shard.now();
  }

  /**
   * Whether a resource names a cluster that exists and that the client wants but does not hold yet.
   * A client that asks for clusters by name learns them from its routes and never waits; where each
   * type has a stream, the one of the clusters may be about to come.
   */
  boolean awaitsClusters(EncodedResource resource) {
    if (resource.type() == ResourceType.CLUSTER || resource.references().isEmpty()) {
      return false;
    }
    List<Subscription> clusters = related(ResourceType.CLUSTER);
    if (clusters.isEmpty() && (aggregated() || !young())) {
      return false;
    }
    for (String name : resource.references()) {
      boolean wanted = clusters.isEmpty();
      boolean held = false;
      for (Subscription subscription : clusters) {
        wanted |= subscription.covers(name);
        held |= subscription.holds(name);
      }
      if (wanted
          && !held
          && target(ResourceType.CLUSTER, name) instanceof NodeState.Target.Present) {
        return true;
      }
    }
    return false;
  }

  /** Whether what may still name a resource of this type is under way, so that it must not go. */
  boolean laterTypesPending(ResourceType type) {
    for (ResourceType namer : ServedTypes.namers(type)) {
      if (pending(namer)) {
        return true;
      }
    }
    for (ResourceType namer : ServedTypes.rareNamers(type)) {
      if (anyPending(related(namer))) {
        return true;
      }
    }
    return false;
  }

  private boolean pending(ResourceType type) {
    List<Subscription> related = related(type);
    // A client that resumes asks for its types one after the other, and holds what they name.
    return anyPending(related) || (related.isEmpty() && resumed() && young());
  }

  private static boolean anyPending(List<Subscription> subscriptions) {
    for (Subscription subscription : subscriptions) {
      if (subscription.pending()) {
        return true;
      }
    }
    return false;
  }

  private boolean resumed() {
    for (Subscription subscription : subscriptions.values()) {
      if (subscription.resumed()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the stream has been open for so short that the client may not have said all yet. */
  private boolean young() {
    return shard.now().isBefore(info.since().plus(limits().orderingWait()));
  }

  /** The subscription of this stream or, where types have their own, those of the node's. */
  private List<Subscription> related(ResourceType type) {
    List<Subscription> found = new ArrayList<>(1);
    if (aggregated()) {
      Subscription own = subscriptions.get(type);
      if (own != null) {
        found.add(own);
      }
      return found;
    }
    for (StreamState other : node.streams()) {
      Subscription subscription = other.subscription(type);
      if (subscription != null && !other.aggregated()) {
        found.add(subscription);
      }
    }
    return found;
  }
}
