package io.heddle.xds.client;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How a client reaches its control plane and who it says it is.
 *
 * @param targets {@code HOST:PORT}, paths of unix sockets or gRPC targets, tried in turn; at least
 *     one
 * @param authority what is sent as {@code :authority}; empty for the target's own
 * @param only the type of a stream of its own; empty for the aggregated stream
 * @param stream metadata and limits of the stream
 * @param keepAlive how long a connection may be silent before it is pinged; gRPC allows 10 s or
 *     more
 */
public record XdsClientOptions(
    Node node,
    List<String> targets,
    String authority,
    XdsVariant variant,
    boolean nodeOnFirstMessageOnly,
    BackoffPolicy backoff,
    Duration keepAlive,
    ClientLimits limits,
    XdsScheduler scheduler,
    RandomGenerator random,
    ConnectionListener listener,
    Optional<LastGoodStore> lastGood,
    Optional<ResourceType> only,
    SourceConfig.GrpcOptions stream) {

  public XdsClientOptions {
    targets = List.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("targets: found none (expected: at least one)");
    }
    if (node.getId().isEmpty()) {
      throw new IllegalArgumentException("node.id: found nothing (expected: a name)");
    }
  }

  /** Starts from the defaults: delta, 2.5 s of backoff at most, no file. */
  public static Builder builder(Node node, String target) {
    return new Builder(node, target);
  }

  /** Gathers options. Not thread-safe. */
  public static final class Builder {
    private final Node node;
    private final List<String> targets = new ArrayList<>();
    private String authority = "";
    private XdsVariant variant = XdsVariant.DELTA;
    private boolean nodeOnFirstMessageOnly = true;
    private BackoffPolicy backoff = BackoffPolicy.PROMPT;
    private Duration keepAlive = Duration.ofSeconds(30);
    private ClientLimits limits = ClientLimits.DEFAULT;
    private @Nullable XdsScheduler scheduler;
    private RandomGenerator random = new SplittableRandom();
    private ConnectionListener listener = ConnectionListener.none();
    private @Nullable LastGoodStore lastGood;
    private @Nullable ResourceType only;
    private SourceConfig.GrpcOptions stream = SourceConfig.GrpcOptions.DEFAULT;

    private Builder(Node node, String target) {
      this.node = node;
      this.targets.add(target);
    }

    /** Another control plane, tried when the ones before fail. */
    public Builder alsoTarget(String target) {
      targets.add(target);
      return this;
    }

    /** What is sent as {@code :authority} in place of the target's own. */
    public Builder authority(String value) {
      authority = value;
      return this;
    }

    public Builder variant(XdsVariant value) {
      variant = value;
      return this;
    }

    /** False repeats the node on every message. */
    public Builder nodeOnFirstMessageOnly(boolean value) {
      nodeOnFirstMessageOnly = value;
      return this;
    }

    public Builder backoff(BackoffPolicy value) {
      backoff = value;
      return this;
    }

    public Builder keepAlive(Duration value) {
      keepAlive = value;
      return this;
    }

    public Builder limits(ClientLimits value) {
      limits = value;
      return this;
    }

    /** The thread that owns the client's state; a thread of its own where this is not called. */
    public Builder scheduler(XdsScheduler value) {
      scheduler = value;
      return this;
    }

    public Builder random(RandomGenerator value) {
      random = value;
      return this;
    }

    public Builder listener(ConnectionListener value) {
      listener = value;
      return this;
    }

    public Builder lastGood(LastGoodStore value) {
      lastGood = value;
      return this;
    }

    /** Speaks the service of one type and not the aggregated one. */
    public Builder only(ResourceType value) {
      only = value;
      return this;
    }

    /** Metadata and limits of the stream; its word on the node counts too. */
    public Builder stream(SourceConfig.GrpcOptions value) {
      stream = value;
      nodeOnFirstMessageOnly = value.nodeOnFirstMessageOnly();
      return this;
    }

    public XdsClientOptions build() {
      return new XdsClientOptions(
          node,
          targets,
          authority,
          variant,
          nodeOnFirstMessageOnly,
          backoff,
          keepAlive,
          limits,
          scheduler == null ? XdsScheduler.singleThread("heddle-xds") : scheduler,
          random,
          listener,
          Optional.ofNullable(lastGood),
          Optional.ofNullable(only),
          stream);
    }
  }
}
