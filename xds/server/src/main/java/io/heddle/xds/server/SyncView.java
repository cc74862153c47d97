package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What connected proxies hold, for a status. Each call asks the shards and waits for their answer
 * (all that was applied to the cache before is taken into account), so it must not be made on their
 * threads, such as from a {@link StreamListener}.
 */
public final class SyncView {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Shard> shards;

  SyncView(List<Shard> shards) {
    this.shards = shards;
  }

  /** Every connected proxy, those without a node id one by one. */
  public List<ProxyStatus> proxies() {
    return ask(shard -> {
      List<ProxyStatus> found = new ArrayList<>();
      for (List<StreamState> streams : byNode(shard)) {
        found.add(status(streams));
      }
      return found;
    });
  }

  /** How the proxy of this node id stands; empty when it is not connected. */
  public Optional<ProxyStatus> proxy(String nodeId) {
    return proxies().stream().filter(p -> p.node().id().equals(nodeId)).findFirst();
  }

  /**
   * How every proxy stands to these versions. A version counts for a proxy when the cache shows the
   * proxy that very version and it is subscribed to it; proxies that none concerns are left out.
   * {@link ResourceVersion#absent} counts where the cache shows nothing: a proxy that still holds
   * the name is behind.
   */
  public List<ProxySync> compare(Collection<ResourceVersion> wanted) {
    List<ResourceVersion> versions = List.copyOf(wanted);
    return ask(shard -> {
      List<ProxySync> found = new ArrayList<>();
      for (List<StreamState> streams : byNode(shard)) {
        ProxySync sync = compare(streams, versions);
        if (sync.concerned() > 0) {
          found.add(sync);
        }
      }
      return found;
    });
  }

  /** The version of a resource that a node accepted last and holds; empty where there is none. */
  public Optional<String> acknowledged(String nodeId, ResourceKey key) {
    return ask(
            shard -> {
              List<String> found = new ArrayList<>();
              for (StreamState stream : shard.streams()) {
                Subscription subscription = stream.subscription(key.type());
                if (subscription != null && stream.nodeId().equals(nodeId)) {
                  EncodedResource held = subscription.acknowledged(key.name());
                  if (held != null) {
                    found.add(held.version());
                  }
                }
              }
              return found;
            })
        .stream()
        .findFirst();
  }

  /**
   * What a node has accepted and holds; empty where it is not connected. What it brought along is
   * there only where the cache shows that very version: of anything else the content is not known.
   */
  public Optional<List<EncodedResource>> held(String nodeId) {
    return ask(
            shard -> {
              List<EncodedResource> held = new ArrayList<>();
              boolean connected = false;
              for (StreamState stream : shard.streams()) {
                if (stream.nodeId().equals(nodeId)) {
                  connected = true;
                  stream.subscriptions().forEach(one -> addHeld(stream, one, held));
                }
              }
              return connected ? List.of(List.copyOf(held)) : List.<List<EncodedResource>>of();
            })
        .stream()
        .findFirst();
  }

  private static void addHeld(
      StreamState stream, Subscription subscription, List<EncodedResource> out) {
    for (EncodedResource held : subscription.acknowledged()) {
      EncodedResource shown = held.versionOnly() ? stream.lookup(held.type(), held.name()) : held;
      if (shown != null && shown.sameVersion(held)) {
        out.add(shown);
      }
    }
  }

  /** The open streams of a shard; called on its thread. */
  static Collection<List<StreamState>> byNode(Shard shard) {
    Map<NodeState, List<StreamState>> nodes = new LinkedHashMap<>();
    for (StreamState stream : shard.streams()) {
      nodes.computeIfAbsent(stream.node(), n -> new ArrayList<>(1)).add(stream);
    }
    return nodes.values();
  }

  private static ProxyStatus status(List<StreamState> streams) {
    StreamState first = streams.getFirst();
    Map<ResourceType, ProxyStatus.TypeStatus> types = new EnumMap<>(ResourceType.class);
    List<ProxyStream> infos = new ArrayList<>();
    Instant since = first.info().since();
    for (StreamState stream : streams) {
      infos.add(stream.info());
      for (Subscription s : stream.subscriptions()) {
        types.merge(
            s.type(),
            new ProxyStatus.TypeStatus(s.pendingOrStalled(), s.acknowledgedCount()),
            (a, b) ->
                new ProxyStatus.TypeStatus(
                    a.pending() || b.pending(), Math.max(a.acknowledged(), b.acknowledged())));
      }
    }
    return new ProxyStatus(
        first.info().node(), since, infos, types, first.node().rejections(first));
  }

  private static ProxySync compare(List<StreamState> streams, List<ResourceVersion> versions) {
    int concerned = 0;
    List<ResourceVersion> behind = new ArrayList<>();
    List<Rejection> rejections = new ArrayList<>();
    StreamState first = streams.getFirst();
    for (ResourceVersion version : versions) {
      Subscription subscription = subscription(streams, version);
      if (subscription == null) {
        continue;
      }
      EncodedResource shown = subscription.stream().lookup(version.type(), version.name());
      String shownVersion = shown == null ? "" : shown.version();
      if (!shownVersion.equals(version.version())) {
        continue;
      }
      concerned++;
      EncodedResource held = subscription.acknowledged(version.name());
      String heldVersion = held == null ? "" : held.version();
      if (heldVersion.equals(shownVersion) && !subscription.doubtful(version.name())) {
        continue;
      }
      Rejection rejection = first.node().rejectionOf(version.key(), version.version());
      String stall = subscription.stallOf(version.name());
      if (rejection == null && stall != null) {
        rejection = stalled(first.nodeId(), version, stall);
      }
      if (rejection != null) {
        rejections.add(rejection);
      } else {
        behind.add(version);
      }
    }
    return new ProxySync(first.info().node(), concerned, behind, rejections);
  }

  private static Rejection stalled(String nodeId, ResourceVersion version, String message) {
    return new Rejection(
        nodeId,
        version.type(),
        version.name(),
        version.version(),
        "refused together with others, which of them is not known: " + message);
  }

  private static @Nullable Subscription subscription(
      List<StreamState> streams, ResourceVersion version) {
    for (StreamState stream : streams) {
      Subscription subscription = stream.subscription(version.type());
      if (subscription != null && subscription.covers(version.name())) {
        return subscription;
      }
    }
    return null;
  }

  private <T> List<T> ask(Function<Shard, List<T>> question) {
    List<CompletableFuture<List<T>>> answers = new ArrayList<>();
    for (Shard shard : shards) {
      CompletableFuture<List<T>> answer = new CompletableFuture<>();
      answers.add(answer);
      shard.execute(() -> {
        try {
          answer.complete(question.apply(shard));
        } catch (RuntimeException e) {
          answer.completeExceptionally(e);
        }
      });
    }
    List<T> all = new ArrayList<>();
    for (CompletableFuture<List<T>> answer : answers) {
      try {
        all.addAll(answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while asking an xDS shard", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("an xDS shard failed to answer", e.getCause());
      } catch (TimeoutException e) {
        throw new IllegalStateException(
            "an xDS shard gave no answer within " + PATIENCE + " (expected: an open server)", e);
      }
    }
    return all;
  }
}
