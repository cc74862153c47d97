package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.proxy.app.admin.YamlJson;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the admin API shows of resources of every type; here they come from watched files. */
class DynamicAdminTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String BOOTSTRAP =
      """
      node: {id: one, cluster: test}
      admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
      static_resources:
        secrets:
        - name: fixed
          generic_secret: {secret: {inline_string: hush}}
      dynamic_resources:
        cds_config: {path_config_source: {path: DIR/cds.yaml}}
        lds_config: {path_config_source: {path: DIR/lds.yaml}}
      """;

  private static final String CLUSTERS =
      """
      version_info: c1
      resources:
      - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
        name: shop
        type: EDS
        eds_cluster_config: {eds_config: {path_config_source: {path: DIR/eds.yaml}}}
      """;

  private static final String ENDPOINTS =
      """
      version_info: e1
      resources:
      - "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
        cluster_name: shop
        endpoints:
        - lb_endpoints:
          - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: PORT}}}
      """;

  private static final String LISTENERS =
      """
      version_info: l1
      resources:
      - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
        name: in
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - transport_socket:
            name: tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_certificate_sds_secret_configs:
                - {name: web, sds_config: {path_config_source: {path: DIR/sds.yaml}}}
          filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: in
              rds:
                route_config_name: table.one
                config_source: {path_config_source: {path: DIR/rds.yaml}}
              http_filters:
              - name: limit
                config_discovery:
                  config_source: {path_config_source: {path: DIR/ecds.yaml}}
                  type_urls: [type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer]
              - name: router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  private static final String ROUTES =
      """
      version_info: r1
      resources:
      - "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
        name: table.one
        virtual_hosts:
        - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: shop}}]}
      """;

  private static final String FILTER =
      """
      version_info: x1
      resources:
      - "@type": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig
        name: limit
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
          max_request_bytes: 1000
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  private final TestAuthority authority = TestAuthority.create("admin");
  @TempDir private Path folder;
  private ProxyRuntime proxy;

  @BeforeEach
  void start() throws Exception {
    Issued web = authority.issue(Wish.dns("shop.example"));
    put("cds.yaml", CLUSTERS);
    put("eds.yaml", ENDPOINTS.replace("PORT", "9"));
    put("lds.yaml", LISTENERS);
    put("rds.yaml", ROUTES);
    put("ecds.yaml", FILTER);
    put("sds.yaml", secret("s1", web));
    String text = BOOTSTRAP.replace("DIR", folder.toString());
    BootstrapConfig config =
        switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
          case Parsed.Ok<BootstrapConfig> ok -> ok.value();
          case Parsed.Refused<BootstrapConfig> refused ->
              throw new AssertionError(refused.message());
        };
    Boot boot = new Boot(config, () -> YamlJson.of(text));
    proxy =
        switch (ProxyRuntime.start(boot, ProxySettings.small())) {
          case Launch.Running running -> running.runtime();
          case Launch.Failed failed -> throw new AssertionError(failed.errors().toString());
        };
    await().atMost(PATIENCE).until(() -> proxy.life().state() == ServerLife.State.LIVE);
  }

  @AfterEach
  void stop() {
    proxy.close();
    client.close();
  }

  private static String secret(String version, Issued issued) {
    return """
    version_info: %s
    resources:
    - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
      name: web
      tls_certificate:
        certificate_chain: {inline_string: "%s"}
        private_key: {inline_string: "%s"}
    """
        .formatted(
            version,
            issued.certificatePem().replace("\n", "\\n"),
            issued.keyPem().replace("\n", "\\n"));
  }

  /** As a file is to be replaced: by moving another into its place. */
  private void put(String name, String content) throws IOException {
    Path fresh = folder.resolve(name + ".new");
    Files.writeString(fresh, content.replace("DIR", folder.toString()));
    Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void everySubscriptionIsCountedUnderEnvoysNames() throws Exception {
    String stats = get("/stats");
    for (String place :
        List.of(
            "cluster_manager.cds.",
            "listener_manager.lds.",
            "cluster.shop.",
            "http.in.rds.table.one.",
            "sds.web.",
            "extension_config_discovery.http_filter.limit.")) {
      assertThat(stats)
          .contains("\n" + place + "update_attempt: 2\n")
          .contains("\n" + place + "update_success: 1\n")
          .contains("\n" + place + "update_failure: 0\n")
          .contains("\n" + place + "update_rejected: 0\n")
          .contains("\n" + place + "init_fetch_timeout: 0\n")
          .containsPattern("\n" + place.replace(".", "\\.") + "update_time: 1[0-9]{12}\n")
          .containsPattern("\n" + place.replace(".", "\\.") + "version: [1-9][0-9]+\n");
    }
    assertThat(stats)
        .contains("\nhttp.in.rds.table.one.config_reload: 1\n")
        .contains("\ncluster_manager.cds.config_reload: 1\n")
        .contains("\nextension_config_discovery.http_filter.limit.config_reload: 1\n");
    assertThat(get("/stats?type=TextReadouts"))
        .isEqualTo(
            """
            cluster.shop.version_text: "e1"
            cluster_manager.cds.version_text: "c1"
            control_plane.identifier: ""
            extension_config_discovery.http_filter.limit.version_text: "x1"
            http.in.rds.table.one.version_text: "r1"
            listener_manager.lds.version_text: "l1"
            sds.web.version_text: "s1"
            """);
    assertThat(get("/stats?format=json&filter=sds.web.version_text"))
        .contains("{\"name\":\"sds.web.version_text\",\"value\":\"s1\"}");
  }

  @Test
  void nameAndPrefixAreLabelsForPrometheus() throws Exception {
    assertThat(get("/stats/prometheus"))
        .contains(
            "envoy_http_rds_update_success{envoy_http_conn_manager_prefix=\"in\","
                + "envoy_rds_route_config=\"table.one\"} 1\n")
        .contains("envoy_sds_update_success{envoy_xds_resource_name=\"web\"} 1\n")
        .contains("envoy_cluster_update_success{envoy_cluster_name=\"shop\"} 1\n")
        .contains("envoy_listener_manager_lds_update_success{} 1\n")
        .doesNotContain("version_text");
    assertThat(get("/stats/prometheus?text_readouts"))
        .contains(
            """
            # TYPE envoy_sds_version_text gauge
            envoy_sds_version_text{envoy_xds_resource_name="web",text_value="s1"} 0
            """);
  }

  @Test
  void whatIsRefusedOrUnreadableOrTheSameIsCounted() throws Exception {
    put("eds.yaml", ENDPOINTS.replace("e1", "e2").replace("PORT", "9"));
    stat("cluster.shop.version_text: \"e2\"");
    assertThat(get("/stats")).contains("\ncluster.shop.update_success: 2\n");
    put("rds.yaml", ROUTES.replace("[\"*\"]", "[]"));
    stat("http.in.rds.table.one.update_rejected: 1");
    put("lds.yaml", "resources: [");
    stat("listener_manager.lds.update_rejected: 1");
    Files.delete(folder.resolve("sds.yaml"));
    put("ecds.yaml", FILTER.replace("x1", "x2").replace("1000", "2000"));
    stat("extension_config_discovery.http_filter.limit.config_reload: 2");
    assertThat(get("/stats"))
        .contains("\nhttp.in.rds.table.one.config_reload: 1\n")
        .contains("\nlistener_manager.lds.version_text: \"l1\"\n")
        .contains("\nextension_config_discovery.http_filter.limit.version_text: \"x2\"\n");
  }

  @Test
  void whatIsLetGoIsNotShownAnyMore() throws Exception {
    put("lds.yaml", "version_info: l2\nresources: []\n");
    stat("listener_manager.lds.version_text: \"l2\"");
    assertThat(get("/stats"))
        .doesNotContain("sds.web.", "http.in.rds.", "extension_config_discovery.");
  }

  private void stat(String line) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(get("/stats")).contains(line + "\n"));
  }

  private String get(String path) throws IOException, InterruptedException {
    InetSocketAddress admin = proxy.adminAddress().orElseThrow();
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.getPort() + path))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }
}
