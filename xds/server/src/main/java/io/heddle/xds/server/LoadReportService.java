package io.heddle.xds.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc.LoadReportingServiceImplBase;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;

/**
 * LRS: tells proxies of which clusters to report the load, and how often, and takes their reports.
 *
 * <p>A proxy that can is told to report them all. Any other is given the clusters that it sees by
 * discovery, and again whenever a report shows that they have changed.
 */
final class LoadReportService extends LoadReportingServiceImplBase {
  private final XdsServer server;
  private final LoadReports reports;
  private final Limits limits;

  LoadReportService(XdsServer server, LoadReports reports, Limits limits) {
    this.server = server;
    this.reports = reports;
    this.limits = limits;
  }

  @Override
  public StreamObserver<LoadStatsRequest> streamLoadStats(
      StreamObserver<LoadStatsResponse> responses) {
    // With it a response to a client that has gone is dropped, and no fault of the shard.
    ((ServerCallStreamObserver<LoadStatsResponse>) responses).setOnCancelHandler(() -> {});
    return new Reporter(responses);
  }

  /** One proxy's stream: requests come one at a time, what is told to it from shards, too. */
  private final class Reporter implements StreamObserver<LoadStatsRequest> {
    @GuardedBy("this")
    private final StreamObserver<LoadStatsResponse> responses;

    @GuardedBy("this")
    private boolean open = true;

    @GuardedBy("this")
    private Optional<List<String>> told = Optional.empty();

    private Optional<NodeInfo> node = Optional.empty();

    Reporter(StreamObserver<LoadStatsResponse> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(LoadStatsRequest request) {
      if (node.isEmpty()) {
        try {
          node = Optional.of(RequestMarshaller.node(request.getNode(), limits));
        } catch (RequestMarshaller.Invalid e) {
          refuse(String.valueOf(e.getMessage()));
          return;
        }
        Optional<String> stranger = server.admission().refusal(node.get());
        if (stranger.isPresent()) {
          refuse(stranger.get());
          return;
        }
      }
      for (ClusterStats stats : request.getClusterStatsList()) {
        if (longest(stats) > limits.maxNameLength()) {
          refuse(
              "cluster_stats: a name of %d characters (expected: at most %d)"
                  .formatted(longest(stats), limits.maxNameLength()));
          return;
        }
      }
      if (isOpen()) {
        reports.report(this, node.get().id(), request.getClusterStatsList());
        ask(node.get());
      }
    }

    private static int longest(ClusterStats stats) {
      int longest =
          Math.max(stats.getClusterName().length(), stats.getClusterServiceName().length());
      for (UpstreamLocalityStats locality : stats.getUpstreamLocalityStatsList()) {
        longest =
            Math.max(
                longest,
                Math.max(
                    locality.getLocality().getRegion().length(),
                    Math.max(
                        locality.getLocality().getZone().length(),
                        locality.getLocality().getSubZone().length())));
      }
      return longest;
    }

    private void ask(NodeInfo from) {
      if (from.features().allLoads()) {
        tell(List.of(), true);
      } else {
        server.clustersOf(from.id(), clusters -> tell(clusters, false));
      }
    }

    private synchronized void tell(List<String> clusters, boolean all) {
      if (open && !told.equals(Optional.of(clusters))) {
        told = Optional.of(clusters);
        responses.onNext(
            LoadStatsResponse.newBuilder()
                .addAllClusters(clusters)
                .setSendAllClusters(all)
                .setLoadReportingInterval(EncodedResource.proto(limits.reports().loadInterval()))
                .build());
      }
    }

    private synchronized boolean isOpen() {
      return open;
    }

    private synchronized void refuse(String reason) {
      if (open) {
        open = false;
        reports.gone(this);
        responses.onError(Status.INVALID_ARGUMENT.withDescription(reason).asRuntimeException());
      }
    }

    @Override
    public synchronized void onError(Throwable failure) {
      open = false;
      reports.gone(this);
    }

    @Override
    public synchronized void onCompleted() {
      if (open) {
        open = false;
        reports.gone(this);
        responses.onCompleted();
      }
    }
  }
}
