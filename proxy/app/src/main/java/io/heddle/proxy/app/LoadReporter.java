package io.heddle.proxy.app;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LRS: tells a control plane how the requests to each cluster's hosts end, as often as it wants to
 * hear that ({@code cluster_manager.load_stats_config}).
 *
 * <p>A stream that ends is opened again after a while that grows to 30 s, and one to a server that
 * has no such service after 5 minutes. What happens meanwhile is not told later. Owned by the
 * scheduler's thread.
 */
final class LoadReporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadReporter.class);
  private static final String ALL = "envoy.lrs.supports_send_all_clusters";
  private static final long SHORTEST_MILLIS = 1_000;
  private static final long LONGEST_MILLIS = Duration.ofHours(1).toMillis();
  private static final long FIRST_WAIT_MILLIS = 500;
  private static final long LONGEST_WAIT_MILLIS = 30_000;
  private static final Duration WITHOUT_SERVICE = Duration.ofMinutes(5);

  private final Node node;
  private final SourceConfig.GrpcOptions options;
  private final Supplier<ManagedChannel> channels;
  private final Supplier<List<ClusterView>> clusters;
  private final Supplier<StatsSnapshot> stats;
  private final XdsScheduler scheduler;
  private final SplittableRandom random = new SplittableRandom();
  private @Nullable Stream stream;
  private int failures;
  private boolean closed;

  /**
   * @param channels makes the channel of one attempt
   */
  LoadReporter(
      Node node,
      SourceConfig.GrpcOptions options,
      Supplier<ManagedChannel> channels,
      Supplier<List<ClusterView>> clusters,
      Supplier<StatsSnapshot> stats,
      XdsScheduler scheduler) {
    this.node = node.toBuilder().addClientFeatures(ALL).build();
    this.options = options;
    this.channels = channels;
    this.clusters = clusters;
    this.stats = stats;
    this.scheduler = scheduler;
  }

  void start() {
    scheduler.execute(this::open);
  }

  private void open() {
    if (!closed) {
      Stream opened = new Stream(channels.get());
      stream = opened;
      opened.begin();
    }
  }

  private void ended(Status status) {
    stream = null;
    if (closed) {
      return;
    }
    Duration wait;
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      LOG.info("The control plane takes no load reports: {}", status.getDescription());
      wait = WITHOUT_SERVICE;
    } else {
      long bound = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(failures, 10));
      wait = Duration.ofMillis(1 + random.nextLong(bound));
      failures++;
      LOG.debug("The stream of load reports ended ({}), the next begins in {}", status, wait);
    }
    scheduler.schedule(this::open, wait);
  }

  @Override
  public void close() {
    scheduler.execute(() -> {
      closed = true;
      Stream open = stream;
      if (open != null) {
        open.cancel();
      }
    });
  }

  /** One stream. */
  private final class Stream extends ClientCall.Listener<LoadStatsResponse> {
    private final ManagedChannel channel;
    private final ClientCall<LoadStatsRequest, LoadStatsResponse> call;
    private final LoadCounts counts = new LoadCounts();
    private final Set<String> wanted = new HashSet<>();
    private boolean all;
    private boolean over;
    private boolean waits;
    private long interval = SHORTEST_MILLIS;
    private long lastReport;
    private XdsScheduler.@Nullable Timer timer;

    Stream(ManagedChannel channel) {
      this.channel = channel;
      this.call =
          channel.newCall(LoadReportingServiceGrpc.getStreamLoadStatsMethod(), CallOptions.DEFAULT);
    }

    void begin() {
      Metadata metadata = new Metadata();
      for (SourceConfig.Header header : options.initialMetadata()) {
        metadata.put(
            Metadata.Key.of(header.name(), Metadata.ASCII_STRING_MARSHALLER), header.value());
      }
      call.start(this, metadata);
      call.sendMessage(LoadStatsRequest.newBuilder().setNode(node).build());
      call.request(1);
    }

    /** What is to be reported, and how often; each response replaces the one before. */
    @Override
    public void onMessage(LoadStatsResponse response) {
      if (over) {
        return;
      }
      failures = 0;
      wanted.clear();
      wanted.addAll(response.getClustersList());
      all = response.getSendAllClusters();
      interval =
          Math.clamp(millis(response.getLoadReportingInterval()), SHORTEST_MILLIS, LONGEST_MILLIS);
      // What was counted before anybody asked belongs to no interval.
      counts.take(clusters.get(), stats.get(), name -> true, 0);
      lastReport = scheduler.nanoTime();
      next();
      call.request(1);
    }

    private static long millis(com.google.protobuf.Duration duration) {
      // Saturates: what is absurd is clamped.
      return Math.clamp(duration.getSeconds(), 0, LONGEST_MILLIS) * 1_000
          + duration.getNanos() / 1_000_000;
    }

    private void next() {
      if (timer != null) {
        timer.cancel();
      }
      timer = scheduler.schedule(this::report, Duration.ofMillis(interval));
    }

    private void report() {
      timer = null;
      if (over) {
        return;
      }
      if (!call.isReady()) {
        waits = true;
        return;
      }
      long now = scheduler.nanoTime();
      call.sendMessage(
          LoadStatsRequest.newBuilder()
              .setNode(node)
              .addAllClusterStats(
                  counts.take(
                      clusters.get(),
                      stats.get(),
                      name -> all || wanted.contains(name),
                      now - lastReport))
              .build());
      lastReport = now;
      next();
    }

    @Override
    public void onReady() {
      if (waits && !over) {
        waits = false;
        report();
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!over) {
        end();
        ended(status);
      }
    }

    void cancel() {
      if (!over) {
        call.cancel("the proxy ends", null);
        end();
      }
    }

    private void end() {
      over = true;
      if (timer != null) {
        timer.cancel();
      }
      channel.shutdownNow();
    }
  }
}
