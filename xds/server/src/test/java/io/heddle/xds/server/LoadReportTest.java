package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.EndpointLoadMetricStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** LRS: what proxies are told to report, and what becomes of it. */
class LoadReportTest {
  private static final String ALL = "envoy.lrs.supports_send_all_clusters";

  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  /** A proxy's stream of load reports. */
  private static final class Reporter implements StreamObserver<LoadStatsResponse> {
    private final BlockingQueue<LoadStatsResponse> responses = new LinkedBlockingQueue<>();
    private volatile Status ended = Status.UNKNOWN;
    private final StreamObserver<LoadStatsRequest> requests;
    private final Mesh mesh;

    Reporter(Mesh mesh, String node, String... features) {
      this.mesh = mesh;
      requests = LoadReportingServiceGrpc.newStub(mesh.channel()).streamLoadStats(this);
      requests.onNext(
          LoadStatsRequest.newBuilder()
              .setNode(Node.newBuilder().setId(node).addAllClientFeatures(List.of(features)))
              .build());
      mesh.settle();
    }

    void report(ClusterStats... stats) {
      requests.onNext(LoadStatsRequest.newBuilder().addAllClusterStats(List.of(stats)).build());
      mesh.settle();
    }

    LoadStatsResponse told() {
      try {
        LoadStatsResponse response = responses.poll(20, TimeUnit.SECONDS);
        if (response == null) {
          throw new AssertionError("no response within 20 s");
        }
        return response;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    @Override
    public void onNext(LoadStatsResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      ended = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      ended = Status.OK;
    }
  }

  private static ClusterStats stats(String cluster, UpstreamLocalityStats... localities) {
    return ClusterStats.newBuilder()
        .setClusterName(cluster)
        .setLoadReportInterval(com.google.protobuf.Duration.newBuilder().setSeconds(2))
        .addAllUpstreamLocalityStats(List.of(localities))
        .build();
  }

  private static UpstreamLocalityStats locality(
      String zone, int issued, int good, int bad, int inProgress) {
    return UpstreamLocalityStats.newBuilder()
        .setLocality(Locality.newBuilder().setRegion("r").setZone(zone))
        .setTotalIssuedRequests(issued)
        .setTotalSuccessfulRequests(good)
        .setTotalErrorRequests(bad)
        .setTotalRequestsInProgress(inProgress)
        .build();
  }

  private static LoadReports.LocalityLoad load(
      String zone, long issued, long good, long bad, long inProgress, double rate, int reporters) {
    return new LoadReports.LocalityLoad(
        new NodeInfo.Locality("r", zone, ""), 0, issued, good, bad, inProgress, rate, reporters);
  }

  private LoadReports.ClusterLoad cluster(String name) {
    return mesh.server.loadReports().clusters().stream()
        .filter(c -> c.cluster().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void tellsAProxyThatCanToReportAllItsClusters() {
    Reporter reporter = new Reporter(mesh, "n", ALL);
    LoadStatsResponse told = reporter.told();
    assertThat(told.getSendAllClusters()).isTrue();
    assertThat(told.getClustersList()).isEmpty();
    assertThat(told.getLoadReportingInterval().getSeconds()).isEqualTo(10);
    reporter.report(stats("c"));
    assertThat(reporter.responses).isEmpty();
  }

  @Test
  void tellsAnyOtherTheClustersItSeesAndAgainWhenTheyChange() {
    mesh.put(Resources.cluster("b", 1), Resources.cluster("a", 1));
    ScriptedClient client = mesh.client(Variant.DELTA_ADS, "n");
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.settle();
    Reporter reporter = new Reporter(mesh, "n");
    LoadStatsResponse told = reporter.told();
    assertThat(told.getSendAllClusters()).isFalse();
    assertThat(told.getClustersList()).containsExactly("a", "b");
    reporter.report(stats("a"));
    assertThat(reporter.responses).isEmpty();
    mesh.put(Resources.cluster("c", 1));
    mesh.settle();
    reporter.report(stats("a"));
    assertThat(reporter.told().getClustersList()).containsExactly("a", "b", "c");
  }

  @Test
  void sumsWhatProxiesReportByClusterAndLocality() {
    Reporter one = new Reporter(mesh, "n1", ALL);
    Reporter two = new Reporter(mesh, "n2", ALL);
    one.report(stats("c", locality("z1", 10, 8, 1, 3), locality("z2", 4, 4, 0, 0)));
    two.report(stats("c", locality("z1", 20, 20, 0, 5)));
    assertThat(cluster("c").localities())
        .containsExactly(load("z1", 30, 28, 1, 8, 15, 2), load("z2", 4, 4, 0, 0, 2, 1));
    // What is begun and ended adds up; what is going on is as each reported last.
    one.report(stats("c", locality("z1", 2, 3, 0, 2)));
    assertThat(cluster("c").localities())
        .containsExactly(load("z1", 32, 31, 1, 7, 11, 2), load("z2", 4, 4, 0, 0, 0, 0));
    two.requests.onCompleted();
    mesh.settle();
    assertThat(two.ended).isEqualTo(Status.OK);
    assertThat(cluster("c").localities().getFirst()).isEqualTo(load("z1", 32, 31, 1, 2, 1, 1));
    one.requests.onError(Status.CANCELLED.asException());
    mesh.settle();
    assertThat(cluster("c").localities().getFirst()).isEqualTo(load("z1", 32, 31, 1, 0, 0, 0));
  }

  @Test
  void countsWhatIsDroppedAndTakesEndedForBegunWhereAClientDoesNotSay() {
    Reporter reporter = new Reporter(mesh, "n", ALL);
    reporter.report(
        stats("c", locality("z", 0, 5, 2, 0)).toBuilder().setTotalDroppedRequests(3).build());
    reporter.report(
        stats("c", locality("z", 0, 1, 0, 0)).toBuilder().setTotalDroppedRequests(4).build());
    assertThat(cluster("c").dropped()).isEqualTo(7);
    assertThat(cluster("c").localities().getFirst().issued()).isEqualTo(8);
  }

  @Test
  void forgetsWhatNoConnectedProxyHasReportedForLong() {
    Reporter reporter = new Reporter(mesh, "n", ALL);
    reporter.report(stats("c", locality("z", 1, 1, 0, 0)));
    mesh.pass(Limits.Reports.defaults().loadRetention().plusMinutes(2));
    assertThat(mesh.server.loadReports().clusters()).hasSize(1);
    reporter.requests.onCompleted();
    mesh.pass(Limits.Reports.defaults().loadRetention().plusMinutes(2));
    assertThat(mesh.server.loadReports().clusters()).isEmpty();
  }

  @Test
  void keepsNoMoreThanItsLimitAndSaysSo() {
    Limits.Reports limits =
        new Limits.Reports(1_000, 3, 2, Duration.ofSeconds(10), Duration.ofMinutes(1));
    LoadReports reports = new LoadReports(limits, java.time.Clock.systemUTC());
    Object one = new Object();
    reports.report(
        one,
        "n1",
        List.of(
            stats(
                "a",
                locality("z1", 1, 1, 0, 0),
                locality("z2", 1, 1, 0, 0),
                locality("z3", 1, 1, 0, 0))));
    assertThat(reports.leftOut()).isEqualTo(1);
    reports.report(new Object(), "n2", List.of(stats("b", locality("z1", 1, 1, 0, 0))));
    assertThat(reports.leftOut()).isEqualTo(1);
    reports.report(new Object(), "n2", List.of(stats("c", locality("z1", 1, 1, 0, 0))));
    assertThat(reports.leftOut()).isEqualTo(2);
    assertThat(reports.clusters())
        .extracting(LoadReports.ClusterLoad::cluster)
        .containsExactly("a", "b");
  }

  @Test
  void tellsWhatEachProxySaysOfEachCluster() {
    Reporter one = new Reporter(mesh, "n1", ALL);
    Reporter two = new Reporter(mesh, "n2", ALL);
    EndpointLoadMetricStats time =
        EndpointLoadMetricStats.newBuilder()
            .setMetricName(LoadReports.REQUEST_MILLIS)
            .setNumRequestsFinishedWithMetric(9)
            .setTotalMetricValue(45)
            .build();
    EndpointLoadMetricStats other = time.toBuilder().setMetricName("cpu").build();
    UpstreamLocalityStats timed =
        locality("z", 9, 8, 1, 0).toBuilder()
            .addLoadMetricStats(time)
            .addLoadMetricStats(other)
            .build();
    one.report(stats("c", timed, locality("y", 1, 1, 0, 0)), stats("d", locality("z", 2, 2, 0, 0)));
    one.report(stats("c", timed));
    two.report(stats("c", locality("z", 3, 0, 3, 0)));
    assertThat(mesh.server.loadReports().byProxy())
        .isEqualTo(
            Map.of(
                "n1",
                Map.of(
                    "c", new LoadReports.Outcomes(17, 2, 18, 90),
                    "d", new LoadReports.Outcomes(2, 0, 0, 0)),
                "n2",
                Map.of("c", new LoadReports.Outcomes(0, 3, 0, 0))));
    mesh.pass(Limits.Reports.defaults().loadRetention().plusMinutes(2));
    assertThat(mesh.server.loadReports().byProxy()).isEmpty();
  }

  @Test
  void endsAStreamWhoseNamesAreTooLong() {
    Reporter reporter = new Reporter(mesh, "n", ALL);
    reporter.report(stats("c".repeat(2_000)));
    assertThat(reporter.ended.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(reporter.ended.getDescription()).contains("cluster_stats");
    assertThat(mesh.server.loadReports().clusters()).isEmpty();
  }
}
