package io.heddle.proxy.app.dynamic;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.PathConfigSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SecretSetTest {
  private DrivenEngine proxy = new DrivenEngine();

  private FakeEngine ready() {
    proxy.send(CLUSTER);
    return proxy.engine;
  }

  @Test
  void listenerWaitsForItsSecretAndAChangedSecretGoesStraightToTheEngine() {
    FakeEngine engine = ready();
    assertThat(proxy.send(LISTENER, listener("in", fetched("server", ads(15))))).isEmpty();
    assertThat(engine.calls).isEmpty();
    assertThat(proxy.driver.warmingListeners()).containsExactly("in");
    assertThat(proxy.wanted(SECRET, DrivenEngine.ADS)).containsExactly("server");
    proxy.send(SECRET, secret("server"));
    assertThat(engine.calls).containsExactly("secret server", "listener in");
    assertThat(proxy.progress).endsWith(Progress.DONE);
    proxy.send(SECRET, secret("server"));
    assertThat(engine.calls).containsExactly("secret server", "listener in", "secret server");
    assertThat(engine.stat("sds.server.update_success")).isEqualTo(2);
    assertThat(engine.stat("sds.server.update_attempt")).isEqualTo(3);
    assertThat(engine.stat("sds.server.update_time")).isEqualTo(7);
    assertThat(engine.stat("sds.server.version")).isNotZero();
  }

  @Test
  void secretThatDoesNotComeIsWaitedForAsLongAsConfigured() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener("in", fetched("server", ads(3))));
    proxy.scheduler.advance(Duration.ofSeconds(2));
    assertThat(engine.calls).isEmpty();
    proxy.scheduler.advance(Duration.ofSeconds(1));
    assertThat(engine.calls).containsExactly("listener in");
    assertThat(engine.stat("sds.server.init_fetch_timeout")).isEqualTo(1);
    proxy.send(SECRET, secret("server"));
    assertThat(engine.calls).containsExactly("listener in", "secret server");
  }

  @Test
  void timeOfZeroWaitsForEver() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener("in", fetched("server", ads(0))));
    proxy.scheduler.advance(Duration.ofDays(1));
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void secretThatDoesNotExistIsNotWaitedFor() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener("in", fetched("server", ads(15))));
    proxy.absent(SECRET, "server");
    assertThat(engine.calls).containsExactly("listener in");
  }

  @Test
  void badSecretIsRefusedByNameAndTheFormerOneStays() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener("in", fetched("good", ads(15)), fetched("bad", ads(15))));
    engine.refuse.put("Secret bad", "tls_certificate.private_key");
    Map<String, String> refused = proxy.send(SECRET, secret("bad"), secret("good"));
    assertThat(refused).containsOnlyKeys("bad");
    assertThat(refused.get("bad")).contains("Secret bad: tls_certificate.private_key");
    assertThat(engine.calls).containsExactly("secret good", "listener in");
    assertThat(proxy.driver.rejected(SECRET)).containsOnlyKeys("bad");
    assertThat(engine.stat("sds.bad.update_rejected")).isEqualTo(1);
    assertThat(proxy.send(SECRET, Secret.newBuilder().setName("good").build()).get("good"))
        .contains("tls_certificate, validation_context, session_ticket_keys or generic_secret");
    assertThat(engine.calls).doesNotContain("-secret good");
  }

  @Test
  void secretSentUnaskedIsIgnored() {
    FakeEngine engine = ready();
    assertThat(proxy.send(SECRET, secret("other"), Secret.newBuilder().setName("odd").build()))
        .isEmpty();
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void secretIsLetGoWithTheLastThatNamesIt() {
    FakeEngine engine = ready();
    proxy.send(
        LISTENER, listener("a", fetched("s", ads(15))), listener("b", fetched("s", ads(15))));
    proxy.send(SECRET, secret("s"));
    proxy.remove(LISTENER, "a");
    assertThat(engine.calls).doesNotContain("-secret s");
    proxy.remove(LISTENER, "b");
    assertThat(engine.calls).contains("-secret s");
    assertThat(proxy.wanted(SECRET, DrivenEngine.ADS)).isEmpty();
  }

  @Test
  void changedListenerWaitsWhileTheFormerOneServes() {
    FakeEngine engine = ready();
    proxy.send(LISTENER, listener("in", fetched("one", ads(15))));
    proxy.send(SECRET, secret("one"));
    engine.calls.clear();
    proxy.send(LISTENER, listener("in", fetched("two", ads(15))));
    assertThat(engine.calls).isEmpty();
    assertThat(proxy.wanted(SECRET, DrivenEngine.ADS)).containsExactlyInAnyOrder("one", "two");
    proxy.send(SECRET, secret("two"));
    assertThat(engine.calls).containsExactly("secret two", "listener in", "-secret one");
  }

  @Test
  void twoFilesMayHaveASecretOfOneName() {
    FakeEngine engine = ready();
    proxy.send(
        LISTENER,
        listener("a", fetched("s", file("/etc/a.yaml"))),
        listener("b", fetched("s", file("/etc/b.yaml"))));
    Origin fileA = new Origin.File("/etc/a.yaml", "");
    Origin fileB = new Origin.File("/etc/b.yaml", "");
    assertThat(proxy.wanted(SECRET, fileA)).containsExactly("s");
    proxy.send(fileA, SECRET, secret("s"));
    assertThat(engine.calls).containsExactly("secret s of /etc/a.yaml", "listener a");
    proxy.send(fileB, SECRET, secret("s"));
    assertThat(engine.calls)
        .containsExactly(
            "secret s of /etc/a.yaml", "listener a", "secret s of /etc/b.yaml", "listener b");
  }

  @Test
  void staticSecretIsThereAndAnUnknownOneIsRefused() {
    proxy =
        new DrivenEngine(
            new SecretConfig(
                "s",
                new SecretConfig.Content.Generic(io.heddle.xds.model.DataRef.none(), Map.of())));
    FakeEngine engine = ready();
    Map<String, String> refused =
        proxy.send(
            LISTENER,
            listener("a", SdsSecretConfig.newBuilder().setName("s").build()),
            listener("b", SdsSecretConfig.newBuilder().setName("t").build()),
            listener("c", fetched("s", ads(15))));
    assertThat(engine.calls).containsExactly("listener a");
    assertThat(refused.get("b")).contains("Listener b: sds_config: found nothing for secret t");
    assertThat(refused.get("c")).contains("found a name that a secret from elsewhere has");
  }

  private static ConfigSource ads(int seconds) {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setInitialFetchTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(seconds))
        .build();
  }

  private static ConfigSource file(String path) {
    return ConfigSource.newBuilder()
        .setPathConfigSource(PathConfigSource.newBuilder().setPath(path))
        .build();
  }

  private static SdsSecretConfig fetched(String name, ConfigSource from) {
    return SdsSecretConfig.newBuilder().setName(name).setSdsConfig(from).build();
  }

  private static Message secret(String name) {
    DataSource pem = DataSource.newBuilder().setInlineString("pem").build();
    return Secret.newBuilder()
        .setName(name)
        .setTlsCertificate(TlsCertificate.newBuilder().setCertificateChain(pem).setPrivateKey(pem))
        .build();
  }

  private static Message listener(String name, SdsSecretConfig... secrets) {
    CommonTlsContext.Builder common = CommonTlsContext.newBuilder();
    for (SdsSecretConfig secret : secrets) {
      common.addTlsCertificateSdsSecretConfigs(secret);
    }
    return Listener.newBuilder()
        .setName(name)
        .setAddress(
            Address.newBuilder()
                .setSocketAddress(
                    SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(0)))
        .addFilterChains(
            FilterChain.newBuilder()
                .setTransportSocket(
                    TransportSocket.newBuilder()
                        .setName("tls")
                        .setTypedConfig(
                            Any.pack(
                                DownstreamTlsContext.newBuilder()
                                    .setCommonTlsContext(common)
                                    .build())))
                .addFilters(
                    Filter.newBuilder()
                        .setName("tcp")
                        .setTypedConfig(
                            Any.pack(
                                TcpProxy.newBuilder().setStatPrefix("t").setCluster("c").build()))))
        .build();
  }
}
