package io.heddle.xds.client;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls a control plane by REST: asks, waits for the answer and the delay, and asks again. An
 * answer 304 says that nothing has changed.
 */
public final class RestFeed implements ResourceFeed {
  private static final Logger LOG = LoggerFactory.getLogger(RestFeed.class);
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;
  private static final int WILDCARD_ONLY = 1;

  private final ResourceType type;
  private final SourceConfig.Origin.Rest origin;
  private final Node node;
  private final Fetcher fetcher;
  private final XdsScheduler scheduler;
  private final RandomGenerator random;
  private final WholeState whole;
  private XdsScheduler.@Nullable Timer timer;
  private boolean asking;
  private boolean again;
  private boolean started;
  private boolean ended;
  private boolean failing;

  /** Sends a request through a cluster of the proxy. */
  public interface Fetcher {
    /** Completes, on any thread, with the answer or exceptionally. */
    CompletionStage<Answer> post(String cluster, String path, String json, Duration timeout);
  }

  /** What came back. */
  public record Answer(int status, String body) {}

  /** A feed that has not asked yet. */
  public RestFeed(
      ResourceType type,
      SourceConfig.Origin.Rest origin,
      Node node,
      ResourceSink sink,
      ClientLimits limits,
      ParseOptions options,
      XdsScheduler scheduler,
      RandomGenerator random,
      Fetcher fetcher) {
    this.type = type;
    this.origin = origin;
    this.node = node;
    this.fetcher = fetcher;
    this.scheduler = scheduler;
    this.random = random;
    this.whole = new WholeState(type, sink, limits, options, scheduler);
  }

  @Override
  public void start() {
    started = true;
    ask();
  }

  @Override
  public void subscribe(Set<String> names) {
    if (whole.want(names) && started) {
      // What is newly wanted does not wait for the next poll.
      if (asking) {
        again = true;
      } else {
        ask();
      }
    }
  }

  private void ask() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (ended || asking || whole.state.wanted.isEmpty()) {
      return;
    }
    asking = true;
    again = false;
    whole.state.stats.attempt.incrementAndGet();
    fetcher
        .post(origin.clusterName(), path(type), request(), origin.requestTimeout())
        .whenComplete((answer, failure) -> scheduler.execute(() -> answered(answer, failure)));
  }

  private void answered(@Nullable Answer answer, @Nullable Throwable failure) {
    asking = false;
    if (ended) {
      return;
    }
    if (failure != null || answer == null) {
      fail(String.valueOf(failure));
    } else if (answer.status() == OK) {
      failing = false;
      String refusal = whole.take(answer.body());
      if (!refusal.isEmpty()) {
        LOG.warn("{} of cluster {}: {}", path(type), origin.clusterName(), refusal);
      }
    } else if (answer.status() == NOT_MODIFIED) {
      failing = false;
      whole.state.stats.success.incrementAndGet();
    } else {
      fail("status " + answer.status());
    }
    if (again) {
      // The answer was one to fewer names; its version must not stand for all of them.
      whole.state.version = "";
      ask();
    } else {
      // Up to half of the delay more, so that proxies do not ask all at once.
      long nanos = origin.refreshDelay().toNanos();
      timer =
          scheduler.schedule(this::ask, Duration.ofNanos(nanos + random.nextLong(nanos / 2 + 1)));
    }
  }

  /** The first failure in a row is worth a warning, the others would flood the log. */
  private void fail(String why) {
    whole.failed();
    if (failing) {
      LOG.debug("{} of cluster {}: {}", path(type), origin.clusterName(), why);
    } else {
      LOG.warn("{} of cluster {}: {}", path(type), origin.clusterName(), why);
    }
    failing = true;
  }

  private String request() {
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setNode(node)
            .setTypeUrl(type.typeUrl())
            .setVersionInfo(whole.state.version);
    boolean all = whole.state.wanted.size() == WILDCARD_ONLY && whole.state.wildcard();
    if (!all) {
      request.addAllResourceNames(new TreeSet<>(whole.state.wanted));
    }
    try {
      // A generated class may not be reflected on (distribution/StripGenerated).
      Message message =
          DynamicMessage.parseFrom(
              DiscoveryRequest.getDescriptor(), request.build().toByteString());
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a request without Any can be printed", e);
    }
  }

  /** Where a type is asked for. */
  static String path(ResourceType type) {
    return "/v3/discovery:"
        + switch (type) {
          case CLUSTER -> "clusters";
          case ENDPOINTS -> "endpoints";
          case LISTENER -> "listeners";
          case ROUTES -> "routes";
          case SCOPED_ROUTES -> "scoped-routes";
          case SECRET -> "secrets";
          case EXTENSION_CONFIG -> "extension_configs";
          case RUNTIME -> "runtime";
          case VIRTUAL_HOSTS ->
              throw new IllegalArgumentException("VHDS by REST (expected: delta)");
        };
  }

  @Override
  public void end() {
    ended = true;
    whole.end();
    if (timer != null) {
      timer.cancel();
    }
  }

  @Override
  public XdsStats stats() {
    return whole.stats;
  }

  @Override
  public LastGood accepted() {
    return whole.accepted();
  }
}
