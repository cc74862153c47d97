package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.admin.v3.BootstrapConfigDump;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.ConfigDump;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump.DynamicScopedRouteConfigs;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump.InlineScopedRouteConfigs;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.heddle.proxy.app.admin.YamlJson;
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

/** What {@code /config_dump} shows of scopes, and what it answers to wrong questions. */
class ScopedDumpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(ConfigDump.getDescriptor())
          .add(BootstrapConfigDump.getDescriptor())
          .add(HttpConnectionManager.getDescriptor())
          .add(Router.getDescriptor())
          .build();

  private static final String LISTENER =
      """
        - name: NAME
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: NAME
                scoped_routes:
                  name: areas-NAME
                  scope_key_builder: {fragments: [{header_value_extractor: {name: x-area, index: 0}}]}
                  SCOPES
                http_filters:
                - name: router
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  private static final String WRITTEN =
      """
      scoped_route_configurations_list:
                    scoped_route_configurations:
                    - name: written
                      route_configuration: {name: table, virtual_hosts: [{name: all, domains: ["*"]}]}
                      key: {fragments: [{string_key: a}]}
      """;

  private static final String FETCHED =
      """
      rds_config_source: {path_config_source: {path: DIR/rds.yaml}}
                  scoped_rds: {scoped_rds_config_source: {path_config_source: {path: DIR/srds.yaml}}}
      """;

  private static final String SCOPES =
      """
      version_info: s1
      resources:
      - "@type": type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration
        name: north
        route_configuration_name: north-table
        key: {fragments: [{string_key: n}]}
      """;

  private static final String SOUTH =
      """
      - "@type": type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration
        name: south
        route_configuration_name: south-table
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  @TempDir private Path folder;
  private ProxyRuntime proxy;

  @BeforeEach
  void start() throws Exception {
    put("rds.yaml", "version_info: r1\nresources: []\n");
    put("srds.yaml", SCOPES);
    String text =
        ("admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}\n"
                + "node: {id: one, cluster: test}\n"
                + "static_resources:\n  listeners:\n"
                + LISTENER.replace("NAME", "in").replace("SCOPES", WRITTEN.strip())
                + LISTENER.replace("NAME", "far").replace("SCOPES", FETCHED.strip()))
            .replace("DIR", folder.toString());
    BootstrapConfig config =
        switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
          case Parsed.Ok<BootstrapConfig> ok -> ok.value();
          case Parsed.Refused<BootstrapConfig> refused ->
              throw new AssertionError(refused.message());
        };
    proxy =
        switch (ProxyRuntime.start(
            new Boot(config, () -> YamlJson.of(text)), ProxySettings.small())) {
          case Launch.Running running -> running.runtime();
          case Launch.Failed failed -> throw new AssertionError(failed.errors().toString());
        };
  }

  @AfterEach
  void stop() {
    proxy.close();
    client.close();
  }

  private void put(String name, String content) throws IOException {
    Path fresh = folder.resolve(name + ".new");
    Files.writeString(fresh, content);
    Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void scopesWrittenInAListenerAndFetchedOnesAreDumped() throws Exception {
    InlineScopedRouteConfigs written = scopes().getInlineScopedRouteConfigs(0);
    assertThat(written.getName()).isEqualTo("areas-in");
    assertThat(written.hasLastUpdated()).isTrue();
    assertThat(names(written.getScopedRouteConfigsList())).containsExactly("written");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(names(fetched().getScopedRouteConfigsList())).containsExactly("north"));
    DynamicScopedRouteConfigs fetched = fetched();
    assertThat(fetched.getName()).isEqualTo("areas-far");
    assertThat(fetched.getVersionInfo()).isEqualTo("s1");
    assertThat(fetched.hasLastUpdated()).isTrue();
    assertThat(fetched.hasErrorState()).isFalse();
  }

  @Test
  void aRefusedScopeIsToldBesideThoseInForce() throws Exception {
    await().atMost(PATIENCE).until(() -> fetched().getScopedRouteConfigsCount() == 1);
    put("srds.yaml", SCOPES.replace("s1", "s2") + SOUTH);
    await().atMost(PATIENCE).until(() -> fetched().hasErrorState());
    DynamicScopedRouteConfigs fetched = fetched();
    assertThat(names(fetched.getScopedRouteConfigsList())).containsExactly("north");
    assertThat(fetched.getClientStatus()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(fetched.getErrorState().getVersionInfo()).isEqualTo("s2");
    assertThat(fetched.getErrorState().getDetails()).contains("key");
    assertThat(
            fetched
                .getErrorState()
                .getFailedConfiguration()
                .unpack(ScopedRouteConfiguration.class)
                .getRouteConfigurationName())
        .isEqualTo("south-table");
  }

  @Test
  void listsOfScopesArePicked() throws Exception {
    ConfigDump picked = dump("/config_dump?resource=inline_scoped_route_configs&mask=name");
    assertThat(picked.getConfigs(0).unpack(InlineScopedRouteConfigs.class).getName())
        .isEqualTo("areas-in");
    assertThat(dump("/config_dump?resource=dynamic_scoped_route_configs").getConfigsCount())
        .isEqualTo(1);
  }

  @Test
  void whatIsNoListOrNowhereIsRefused() throws Exception {
    HttpResponse<String> single = send("/config_dump?resource=bootstrap");
    assertThat(single.statusCode()).isEqualTo(400);
    assertThat(single.body()).contains("mask=bootstrap");
    HttpResponse<String> nowhere = send("/config_dump?mask=nothing.at.all");
    assertThat(nowhere.statusCode()).isEqualTo(400);
    assertThat(nowhere.body()).contains("nothing.at.all");
    assertThat(dump("/config_dump?mask=bootstrap.node").getConfigsCount()).isEqualTo(1);
  }

  private static List<String> names(List<Any> scopes) throws IOException {
    List<String> names = new java.util.ArrayList<>();
    for (Any scope : scopes) {
      names.add(scope.unpack(ScopedRouteConfiguration.class).getName());
    }
    return names;
  }

  private DynamicScopedRouteConfigs fetched() throws Exception {
    return scopes().getDynamicScopedRouteConfigsList().stream()
        .findFirst()
        .orElseGet(DynamicScopedRouteConfigs::getDefaultInstance);
  }

  private ScopedRoutesConfigDump scopes() throws Exception {
    for (Any one : dump("/config_dump").getConfigsList()) {
      if (one.is(ScopedRoutesConfigDump.class)) {
        return one.unpack(ScopedRoutesConfigDump.class);
      }
    }
    throw new AssertionError("no scopes");
  }

  private ConfigDump dump(String path) throws Exception {
    HttpResponse<String> response = send(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    ConfigDump.Builder dump = ConfigDump.newBuilder();
    JsonFormat.parser().usingTypeRegistry(TYPES).merge(response.body(), dump);
    return dump.build();
  }

  private HttpResponse<String> send(String path) throws Exception {
    InetSocketAddress admin = proxy.adminAddress().orElseThrow();
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.getPort() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
