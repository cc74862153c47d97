package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.admin.v3.BootstrapConfigDump;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.ConfigDump;
import io.envoyproxy.envoy.admin.v3.EcdsConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
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

  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(ConfigDump.getDescriptor())
          .add(ClustersConfigDump.getDescriptor())
          .add(BootstrapConfigDump.getDescriptor())
          .add(HttpConnectionManager.getDescriptor())
          .add(DownstreamTlsContext.getDescriptor())
          .add(Secret.getDescriptor())
          .add(Router.getDescriptor())
          .add(Buffer.getDescriptor())
          .build();

  private static final String BAD_CLUSTER =
      """
      - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
        name: bad
        lb_policy: CLUSTER_PROVIDED
      """;

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

  @Test
  void secretsAreDumpedWithoutWhatIsSecret() throws Exception {
    String printed = get("/config_dump");
    assertThat(printed).doesNotContain("PRIVATE KEY", "hush");
    SecretsConfigDump dump = part(SecretsConfigDump.class);
    assertThat(dump.getStaticSecretsList())
        .singleElement()
        .satisfies(one -> {
          assertThat(one.getName()).isEqualTo("fixed");
          assertThat(one.hasLastUpdated()).isTrue();
          assertThat(
                  one.getSecret()
                      .unpack(Secret.class)
                      .getGenericSecret()
                      .getSecret()
                      .getInlineString())
              .isEqualTo("[redacted]");
        });
    SecretsConfigDump.DynamicSecret active = dump.getDynamicActiveSecrets(0);
    assertThat(active.getName()).isEqualTo("web");
    assertThat(active.getVersionInfo()).isEqualTo("s1");
    assertThat(active.getLastUpdated().getSeconds()).isPositive();
    Secret secret = active.getSecret().unpack(Secret.class);
    assertThat(secret.getTlsCertificate().getCertificateChain().getInlineString())
        .contains("BEGIN CERTIFICATE");
    assertThat(secret.getTlsCertificate().getPrivateKey().getInlineString())
        .isEqualTo("[redacted]");
    assertThat(dump.getDynamicWarmingSecretsList()).isEmpty();
  }

  @Test
  void refusedSecretIsDumpedBesideTheOneInForce() throws Exception {
    put(
        "sds.yaml",
        secret("s2", authority.issue(Wish.dns("a"))).replace("BEGIN CERT", "BEGUN CERT"));
    stat("sds.web.update_rejected: 1");
    SecretsConfigDump.DynamicSecret active =
        part(SecretsConfigDump.class).getDynamicActiveSecrets(0);
    assertThat(active.getVersionInfo()).isEqualTo("s1");
    assertThat(active.getClientStatus()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(active.getErrorState().getVersionInfo()).isEqualTo("s2");
    assertThat(active.getErrorState().getDetails()).contains("Secret web: tls_certificate");
    assertThat(active.getErrorState().hasLastUpdateAttempt()).isTrue();
    Secret refused = active.getErrorState().getFailedConfiguration().unpack(Secret.class);
    assertThat(refused.getTlsCertificate().getCertificateChain().getInlineString())
        .contains("BEGUN CERT");
    assertThat(refused.getTlsCertificate().getPrivateKey().getInlineString())
        .isEqualTo("[redacted]");
    put("sds.yaml", secret("s3", authority.issue(Wish.dns("b"))));
    stat("sds.web.version_text: \"s3\"");
    active = part(SecretsConfigDump.class).getDynamicActiveSecrets(0);
    assertThat(active.hasErrorState()).isFalse();
    assertThat(active.getVersionInfo()).isEqualTo("s3");
  }

  @Test
  void secretThatDidNotComeIsWarming() throws Exception {
    put("lds.yaml", LISTENERS.replace("l1", "l2").replace("name: web", "name: late"));
    stat("listener_manager.lds.version_text: \"l2\"");
    SecretsConfigDump.DynamicSecret waits =
        part(SecretsConfigDump.class).getDynamicWarmingSecrets(0);
    assertThat(waits.getName()).isEqualTo("late");
    assertThat(waits.getVersionInfo()).isEqualTo("uninitialized");
    assertThat(waits.hasLastUpdated()).isTrue();
    assertThat(waits.getSecret().unpack(Secret.class).getName()).isEqualTo("late");
    ListenersConfigDump listeners = part(ListenersConfigDump.class);
    assertThat(listeners.getDynamicListeners(0).hasWarmingState()).isTrue();
  }

  @Test
  void filtersAndEverythingElseAreDumpedWithTheirTimesAndRefusals() throws Exception {
    EcdsConfigDump.EcdsFilterConfig filter = part(EcdsConfigDump.class).getEcdsFilters(0);
    assertThat(filter.getVersionInfo()).isEqualTo("x1");
    assertThat(filter.hasLastUpdated()).isTrue();
    assertThat(
            filter
                .getEcdsFilter()
                .unpack(TypedExtensionConfig.class)
                .getTypedConfig()
                .unpack(Buffer.class)
                .getMaxRequestBytes()
                .getValue())
        .isEqualTo(1000);
    put("ecds.yaml", FILTER.replace("x1", "x2").replace("1000", "0"));
    put("cds.yaml", CLUSTERS.replace("c1", "c2") + BAD_CLUSTER);
    stat("extension_config_discovery.http_filter.limit.config_fail: 1");
    stat("cluster_manager.cds.update_rejected: 1");
    filter = part(EcdsConfigDump.class).getEcdsFilters(0);
    assertThat(filter.getVersionInfo()).isEqualTo("x1");
    assertThat(filter.getErrorState().getDetails()).contains("max_request_bytes");
    ClustersConfigDump clusters = part(ClustersConfigDump.class);
    assertThat(clusters.getDynamicActiveClustersList()).hasSize(2);
    assertThat(clusters.getDynamicActiveClusters(0).hasLastUpdated()).isTrue();
    assertThat(clusters.getDynamicActiveClusters(0).hasErrorState()).isFalse();
    ClustersConfigDump.DynamicCluster bad = clusters.getDynamicActiveClusters(1);
    assertThat(bad.getCluster().unpack(Cluster.class).getName()).isEqualTo("bad");
    assertThat(bad.getErrorState().getDetails()).contains("Cluster bad");
    assertThat(bad.getErrorState().getFailedConfiguration().unpack(Cluster.class).getLbPolicy())
        .isEqualTo(Cluster.LbPolicy.CLUSTER_PROVIDED);
    assertThat(part(RoutesConfigDump.class).getDynamicRouteConfigs(0).hasLastUpdated()).isTrue();
  }

  @Test
  void secretsAndFiltersArePickedByListNameAndMask() throws Exception {
    ConfigDump picked = dump("/config_dump?resource=dynamic_active_secrets");
    assertThat(picked.getConfigs(0).is(SecretsConfigDump.DynamicSecret.class)).isTrue();
    assertThat(dump("/config_dump?resource=dynamic_active_secrets&name_regex=no").getConfigsCount())
        .isZero();
    assertThat(dump("/config_dump?resource=ecds_filters&name_regex=li.*").getConfigsCount())
        .isEqualTo(1);
    ConfigDump masked = dump("/config_dump?resource=static_secrets&mask=name");
    SecretsConfigDump.StaticSecret only =
        masked.getConfigs(0).unpack(SecretsConfigDump.StaticSecret.class);
    assertThat(only.getName()).isEqualTo("fixed");
    assertThat(only.hasSecret()).isFalse();
  }

  /** As any tool would read it; a field that the message does not have fails. */
  private ConfigDump dump(String path) throws Exception {
    ConfigDump.Builder dump = ConfigDump.newBuilder();
    JsonFormat.parser().usingTypeRegistry(TYPES).merge(get(path), dump);
    return dump.build();
  }

  private <M extends Message> M part(Class<M> type) throws Exception {
    for (Any one : dump("/config_dump?include_eds").getConfigsList()) {
      if (one.is(type)) {
        return one.unpack(type);
      }
    }
    throw new AssertionError("no " + type);
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
