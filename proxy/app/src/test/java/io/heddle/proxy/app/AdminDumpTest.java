package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpServer;
import io.envoyproxy.envoy.admin.v3.Clusters;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.ConfigDump;
import io.envoyproxy.envoy.admin.v3.Listeners;
import io.envoyproxy.envoy.admin.v3.Memory;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.admin.v3.UnreadyTargetsDumps;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.heddle.proxy.app.logging.LogLevel;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The admin API of a proxy that runs here: its JSON is that of Envoy's messages. */
class AdminDumpTest {
  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(ConfigDump.getDescriptor())
          .add(ClustersConfigDump.getDescriptor())
          .add(io.envoyproxy.envoy.admin.v3.BootstrapConfigDump.getDescriptor())
          .add(HttpConnectionManager.getDescriptor())
          .add(Router.getDescriptor())
          .build();

  private static final String BOOTSTRAP =
      """
      node: {id: one, cluster: test}
      admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
      stats_config:
        stats_tags: [{tag_name: mesh, fixed_value: m1}]
        stats_matcher: {exclusion_list: {patterns: [{suffix: _cx_none_healthy}]}}
      static_resources:
        listeners:
        - name: in
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: in
                http_filters:
                - name: router
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                route_config:
                  name: local
                  virtual_hosts:
                  - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: up}}]}
        clusters:
        - name: up
          type: STATIC
          load_assignment:
            cluster_name: up
            endpoints:
            - lb_endpoints:
              - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: PORT}}}
        - {name: other, type: STATIC, load_assignment: {cluster_name: other}}
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer upstream;
  private ProxyRuntime proxy;

  @BeforeEach
  void start() throws IOException {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    upstream.start();
    String text = BOOTSTRAP.replace("PORT", Integer.toString(upstream.getAddress().getPort()));
    BootstrapConfig config =
        switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
          case Parsed.Ok<BootstrapConfig> ok -> ok.value();
          case Parsed.Refused<BootstrapConfig> refused ->
              throw new AssertionError(refused.message());
        };
    Boot boot = new Boot(config, () -> io.heddle.proxy.app.admin.YamlJson.of(text));
    proxy =
        switch (ProxyRuntime.start(boot, ProxySettings.small())) {
          case Launch.Running running -> running.runtime();
          case Launch.Failed failed -> throw new AssertionError(failed.errors().toString());
        };
  }

  @AfterEach
  void stop() {
    proxy.close();
    upstream.stop(0);
    client.close();
    LogLevel.set(LogLevel.INFO);
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    InetSocketAddress admin = proxy.adminAddress().orElseThrow();
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.getPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = send("GET", path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  /** Strictly: a field that the message does not have fails. */
  private <B extends Message.Builder> B read(String path, B into)
      throws IOException, InterruptedException {
    JsonFormat.parser().usingTypeRegistry(TYPES).merge(get(path), into);
    return into;
  }

  private void request() throws IOException, InterruptedException {
    int port = proxy.engine().listeners().getFirst().address().orElseThrow().getPort();
    HttpResponse<Void> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build(),
            HttpResponse.BodyHandlers.discarding());
    assertThat(response.statusCode()).isEqualTo(200);
  }

  @Test
  void jsonIsThatOfEnvoysMessages() throws Exception {
    ConfigDump dump = read("/config_dump?include_eds", ConfigDump.newBuilder()).build();
    assertThat(dump.getConfigsCount()).isEqualTo(7);
    ClustersConfigDump clusters = dump.getConfigs(1).unpack(ClustersConfigDump.class);
    assertThat(clusters.getStaticClustersCount()).isEqualTo(2);
    RoutesConfigDump routes = dump.getConfigs(5).unpack(RoutesConfigDump.class);
    RouteConfiguration local =
        routes.getStaticRouteConfigs(0).getRouteConfig().unpack(RouteConfiguration.class);
    assertThat(local.getName()).isEqualTo("local");
    Clusters status = read("/clusters?format=json", Clusters.newBuilder()).build();
    assertThat(status.getClusterStatusesList())
        .extracting(io.envoyproxy.envoy.admin.v3.ClusterStatus::getName)
        .containsExactly("other", "up");
    assertThat(read("/listeners?format=json", Listeners.newBuilder()).getListenerStatusesCount())
        .isEqualTo(1);
    assertThat(read("/server_info", ServerInfo.newBuilder()).getState())
        .isEqualTo(ServerInfo.State.LIVE);
    assertThat(read("/memory", Memory.newBuilder()).getHeapSize()).isPositive();
    assertThat(read("/init_dump", UnreadyTargetsDumps.newBuilder()).getUnreadyTargetsDumpsCount())
        .isZero();
  }

  @Test
  void aDumpIsCutDownByListNameAndMask() throws Exception {
    String list = "/config_dump?resource=static_clusters";
    ConfigDump both = read(list, ConfigDump.newBuilder()).build();
    assertThat(both.getConfigsCount()).isEqualTo(2);
    assertThat(both.getConfigs(0).is(ClustersConfigDump.StaticCluster.class)).isTrue();
    ConfigDump named = read(list + "&name_regex=ot.*r", ConfigDump.newBuilder()).build();
    assertThat(named.getConfigsCount()).isEqualTo(1);
    ConfigDump all = read("/config_dump?name_regex=ot.*r", ConfigDump.newBuilder()).build();
    assertThat(all.getConfigs(1).unpack(ClustersConfigDump.class).getStaticClustersCount())
        .isEqualTo(1);
    assertThat(get("/config_dump?name_regex=ot.*r&mask=static_listeners")).doesNotContain("\"in\"");
    String masked = get(list + "&mask=cluster.name,cluster.type");
    assertThat(masked).contains("\"name\": \"up\"").doesNotContain("load_assignment");
    String top = get("/config_dump?mask=static_listeners.listener.name");
    assertThat(JsonParser.parseString(top).getAsJsonObject().getAsJsonArray("configs")).hasSize(1);
    assertThat(send("GET", "/config_dump?resource=nothing").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/config_dump?name_regex=(").statusCode()).isEqualTo(400);
  }

  @Test
  void countersAreResetAndStatisticsNamedAsConfigured() throws Exception {
    request();
    assertThat(get("/stats"))
        .contains("cluster.up.upstream_rq_total: 1\n")
        .doesNotContain("upstream_cx_none_healthy");
    assertThat(get("/stats/prometheus"))
        .contains("envoy_cluster_upstream_rq_total{envoy_cluster_name=\"up\",mesh=\"m1\"} 1\n");
    assertThat(send("GET", "/reset_counters").statusCode()).isEqualTo(405);
    assertThat(send("POST", "/reset_counters").statusCode()).isEqualTo(200);
    assertThat(get("/stats")).contains("cluster.up.upstream_rq_total: 0\n");
    request();
    assertThat(get("/stats?type=Counters&filter=up.upstream_rq_total"))
        .isEqualTo("cluster.up.upstream_rq_total: 1\n");
  }

  @Test
  void histogramsAreShownByBuckets() throws Exception {
    request();
    String only = "/stats?type=Histograms&filter=downstream_rq_time";
    assertThat(get(only)).startsWith("http.in.downstream_rq_time: P0(nan,");
    assertThat(get(only + "&histogram_buckets=cumulative")).contains(" B3600000(0,1)\n");
    assertThat(get(only + "&histogram_buckets=detailed")).contains("  totals=", "  summary=P0(");
    for (String buckets : new String[] {"none", "cumulative", "disjoint", "detailed"}) {
      String json = get(only + "&format=json&histogram_buckets=" + buckets);
      assertThat(JsonParser.parseString(json).getAsJsonObject().has("stats")).isTrue();
      assertThat(json).contains("http.in.downstream_rq_time");
    }
    assertThat(send("GET", "/stats?histogram_buckets=some").statusCode()).isEqualTo(400);
    assertThat(send("GET", "/stats?type=some").statusCode()).isEqualTo(400);
  }

  @Test
  void levelsOfTheLogChangeForAllAndForSingleClasses() throws Exception {
    assertThat(send("POST", "/logging?paths=AdsStream:debug,Sidecar:trace").body())
        .contains("heddle: info", "AdsStream: debug", "Sidecar: trace");
    assertThat(LogLevel.of("io.heddle.xds.client.AdsStream")).isEqualTo(LogLevel.DEBUG);
    assertThat(LogLevel.of("io.heddle.xds.client.XdsClient")).isEqualTo(LogLevel.INFO);
    assertThat(send("POST", "/logging?Sidecar=error").body()).contains("Sidecar: error");
    assertThat(send("POST", "/logging?level=warning").body())
        .contains("heddle: warning")
        .doesNotContain("Sidecar");
    assertThat(send("POST", "/logging?level=loud").statusCode()).isEqualTo(400);
    assertThat(send("POST", "/logging?paths=a.b:debug").statusCode()).isEqualTo(400);
    assertThat(send("POST", "/logging?paths=nothing").statusCode()).isEqualTo(400);
  }
}
