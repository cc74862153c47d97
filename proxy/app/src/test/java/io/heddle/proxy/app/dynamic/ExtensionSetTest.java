package io.heddle.proxy.app.dynamic;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.EXTENSION_CONFIG;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExtensionSetTest {
  private static final String STATS = "extension_config_discovery.http_filter.f.";

  private final DrivenEngine proxy = new DrivenEngine();

  private FakeEngine ready() {
    proxy.send(CLUSTER);
    return proxy.engine;
  }

  @Test
  void listenerWaitsForItsFilterAndAChangeDoesNotTouchIt() {
    FakeEngine engine = ready();
    assertThat(proxy.send(LISTENER, listener(source()))).isEmpty();
    assertThat(engine.calls).isEmpty();
    assertThat(proxy.wanted(EXTENSION_CONFIG, DrivenEngine.ADS)).containsExactly("f");
    proxy.send(EXTENSION_CONFIG, buffer(1));
    assertThat(engine.calls).containsExactly("extension f", "listener in");
    proxy.send(EXTENSION_CONFIG, buffer(2));
    assertThat(engine.calls).containsExactly("extension f", "listener in", "extension f");
    assertThat(engine.stat(STATS + "config_reload")).isEqualTo(2);
    assertThat(engine.stat(STATS + "update_success")).isEqualTo(2);
  }

  @Test
  void defaultServesAfterTheTimeIsOver() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener(source().setDefaultConfig(Any.pack(max(1)))));
    proxy.scheduler.advance(Duration.ofSeconds(2));
    assertThat(engine.calls).isEmpty();
    proxy.scheduler.advance(Duration.ofSeconds(1));
    assertThat(engine.calls).containsExactly("listener in");
    assertThat(engine.stat(STATS + "init_fetch_timeout")).isEqualTo(1);
  }

  @Test
  void defaultMayServeAtOnce() {
    FakeEngine engine = ready();
    proxy.send(
        LISTENER,
        listener(
            source().setDefaultConfig(Any.pack(max(1))).setApplyDefaultConfigWithoutWarming(true)));
    assertThat(engine.calls).containsExactly("listener in");
    proxy.send(EXTENSION_CONFIG, buffer(2));
    assertThat(engine.calls).containsExactly("listener in", "extension f");
  }

  @Test
  void anotherTypeIsRefusedByName() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener(source()));
    TypedExtensionConfig cors =
        TypedExtensionConfig.newBuilder()
            .setName("f")
            .setTypedConfig(Any.pack(Cors.getDefaultInstance()))
            .build();
    Map<String, String> refused = proxy.send(EXTENSION_CONFIG, cors);
    assertThat(refused.get("f"))
        .contains("TypedExtensionConfig f: typed_config.@type: found")
        .contains("http.cors.v3.Cors, expected one of");
    assertThat(engine.stat(STATS + "config_fail")).isEqualTo(1);
    // As in Envoy nobody waits any longer.
    assertThat(engine.calls).containsExactly("listener in");
  }

  @Test
  void whatTheFilterRefusesIsRefusedByName() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener(source()));
    engine.refuse.put("TypedExtensionConfig f", "typed_config.max_request_bytes");
    assertThat(proxy.send(EXTENSION_CONFIG, buffer(0)).get("f"))
        .contains("TypedExtensionConfig f: typed_config.max_request_bytes");
    assertThat(proxy.driver.rejected(EXTENSION_CONFIG)).containsOnlyKeys("f");
  }

  @Test
  void removedOneGoesBackToItsDefault() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener(source()));
    proxy.send(EXTENSION_CONFIG, buffer(1));
    proxy.remove(EXTENSION_CONFIG, "f");
    assertThat(engine.calls).containsExactly("extension f", "listener in", "-extension f");
  }

  @Test
  void isLetGoWithItsListener() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener(source()));
    proxy.send(EXTENSION_CONFIG, buffer(1));
    proxy.remove(LISTENER, "in");
    assertThat(engine.calls).contains("-extension f");
    assertThat(proxy.wanted(EXTENSION_CONFIG, DrivenEngine.ADS)).isEmpty();
  }

  @Test
  void sourceIsCheckedWhereItIsRead() {
    ready();
    assertThat(proxy.send(LISTENER, listener(source().clearTypeUrls())).get("in"))
        .contains("http_filters[0].config_discovery.type_urls");
    assertThat(
            proxy
                .send(LISTENER, listener(source().setApplyDefaultConfigWithoutWarming(true)))
                .get("in"))
        .contains("http_filters[0].config_discovery.apply_default_config_without_warming");
    assertThat(
            proxy
                .send(
                    LISTENER,
                    listener(source().setDefaultConfig(Any.pack(Cors.getDefaultInstance()))))
                .get("in"))
        .contains("http_filters[0].config_discovery.default_config");
  }

  private static ExtensionConfigSource.Builder source() {
    return ExtensionConfigSource.newBuilder()
        .setConfigSource(
            ConfigSource.newBuilder()
                .setAds(AggregatedConfigSource.getDefaultInstance())
                .setInitialFetchTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(3)))
        .addTypeUrls("envoy.extensions.filters.http.buffer.v3.Buffer");
  }

  private static Buffer max(int bytes) {
    return Buffer.newBuilder()
        .setMaxRequestBytes(com.google.protobuf.UInt32Value.of(bytes))
        .build();
  }

  private static Message buffer(int bytes) {
    return TypedExtensionConfig.newBuilder()
        .setName("f")
        .setTypedConfig(Any.pack(max(bytes)))
        .build();
  }

  private static Message listener(ExtensionConfigSource.Builder source) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("in")
            .setRouteConfig(RouteConfiguration.newBuilder().setName("r"))
            .addHttpFilters(HttpFilter.newBuilder().setName("f").setConfigDiscovery(source))
            .addHttpFilters(
                HttpFilter.newBuilder()
                    .setName("router")
                    .setTypedConfig(Any.pack(Router.getDefaultInstance())))
            .build();
    return Listener.newBuilder()
        .setName("in")
        .setAddress(
            Address.newBuilder()
                .setSocketAddress(
                    SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(0)))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(Filter.newBuilder().setName("http").setTypedConfig(Any.pack(manager))))
        .build();
  }
}
