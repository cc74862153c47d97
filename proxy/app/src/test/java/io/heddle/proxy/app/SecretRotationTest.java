package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Certificates and authorities by SDS, shown and held to in real handshakes, and swapped. */
class SecretRotationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String LISTENER =
      """
      name: in
      address: {socket_address: {address: 127.0.0.1, port_value: 0}}
      filter_chains:
      - transport_socket:
          name: tls
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
            common_tls_context:
              tls_certificate_sds_secret_configs: [{name: web, sds_config: {ads: {}}}]
        filters:
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
            route_config:
              virtual_hosts:
              - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: up}}]}
            http_filters:
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  /** Each request has a connection of its own, so that each has a handshake. */
  private static final String CLUSTER =
      """
      name: up
      type: STATIC
      max_requests_per_connection: 1
      load_assignment:
        cluster_name: up
        endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: PORT}}}}]}]
      transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: up.example
          common_tls_context:
            validation_context_sds_secret_config: {name: roots, sds_config: {ads: {}}}
      """;

  private final TestAuthority authority = TestAuthority.create("first");
  private final ScriptedControlPlane plane = new ScriptedControlPlane();
  private HttpsServer upstream;
  private Server server;
  private final List<RunningProxy> started = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    upstream = upstream(authority.issue(Wish.dns("up.example")));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    plane.services().forEach(builder::addService);
    server = builder.build().start();
    plane.put(
        "c1",
        Cluster.newBuilder(),
        CLUSTER.replace("PORT", Integer.toString(upstream.getAddress().getPort())));
    plane.put("r1", Secret.newBuilder(), roots(authority));
    plane.put("l1", Listener.newBuilder(), LISTENER);
  }

  @AfterEach
  void stop() throws InterruptedException {
    started.forEach(RunningProxy::close);
    server.shutdownNow().awaitTermination();
    upstream.stop(0);
  }

  private RunningProxy run() {
    RunningProxy proxy =
        RunningProxy.start(
            ControlChannelsTest.bootstrap(
                "{socket_address: {address: 127.0.0.1, port_value: " + server.getPort() + "}}",
                ""));
    started.add(proxy);
    proxy.awaitLive();
    assertThat(plane.refusals()).isEmpty();
    return proxy;
  }

  @Test
  void newCertificateIsForNewConnectionsAndTheOldOneServesOn() throws Exception {
    Issued first = authority.issue(Wish.dns("one.example"));
    Issued second = authority.issue(Wish.dns("two.example"));
    plane.put("s1", Secret.newBuilder(), ControlChannelsTest.secret("web", first));
    RunningProxy proxy = run();
    try (TlsClient old = TlsClient.connect(proxy.port())) {
      assertThat(old.certificate()).isEqualTo(first.certificate());
      assertThat(old.get("/")).startsWith("HTTP/1.1 200");
      plane.put("s2", Secret.newBuilder(), ControlChannelsTest.secret("web", second));
      proxy.awaitStat("sds.web.version_text: \"s2\"");
      try (TlsClient fresh = TlsClient.connect(proxy.port())) {
        assertThat(fresh.certificate()).isEqualTo(second.certificate());
        assertThat(fresh.get("/")).startsWith("HTTP/1.1 200");
      }
      assertThat(old.get("/")).startsWith("HTTP/1.1 200");
    }
    assertThat(proxy.get("/stats?filter=ssl_context_update_by_sds")).contains(": 1\n");
    assertThat(proxy.get("/stats?filter=ssl.handshake")).contains("ssl.handshake: 2\n");
  }

  @Test
  void keyThatDoesNotFitIsRefusedAndTheFormerCertificateStays() throws Exception {
    Issued first = authority.issue(Wish.dns("one.example"));
    Issued other = authority.issue(Wish.dns("two.example"));
    plane.put("s1", Secret.newBuilder(), ControlChannelsTest.secret("web", first));
    RunningProxy proxy = run();
    plane.put(
        "s2",
        Secret.newBuilder(),
        ControlChannelsTest.secret("web", new Issued(other.key(), first.certificate())));
    proxy.awaitStat("sds.web.update_rejected: 1");
    await().atMost(PATIENCE).until(() -> !plane.refusals().isEmpty());
    assertThat(plane.refusals().getFirst()).contains("Secret web: tls_certificate");
    try (TlsClient client = TlsClient.connect(proxy.port())) {
      assertThat(client.certificate()).isEqualTo(first.certificate());
    }
  }

  @Test
  void hostsAreHeldToTheAuthorityOfNow() throws Exception {
    plane.put(
        "s1",
        Secret.newBuilder(),
        ControlChannelsTest.secret("web", authority.issue(Wish.dns("one.example"))));
    RunningProxy proxy = run();
    try (TlsClient client = TlsClient.connect(proxy.port())) {
      assertThat(client.get("/")).startsWith("HTTP/1.1 200");
      plane.put("r2", Secret.newBuilder(), roots(TestAuthority.create("second")));
      proxy.awaitStat("sds.roots.version_text: \"r2\"");
      assertThat(client.get("/")).startsWith("HTTP/1.1 503").contains("remote connection failure");
      assertThat(proxy.stat("cluster.up.ssl.fail_verify_error")).isEqualTo(1);
      plane.put("r3", Secret.newBuilder(), roots(authority));
      proxy.awaitStat("sds.roots.version_text: \"r3\"");
      assertThat(client.get("/")).startsWith("HTTP/1.1 200");
    }
  }

  private static String roots(TestAuthority from) {
    return "name: roots\nvalidation_context: {trusted_ca: {inline_string: "
        + ControlChannelsTest.quoted(from.pem())
        + "}}";
  }

  private static HttpsServer upstream(Issued issued) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("k", issued.key(), new char[0], new Certificate[] {issued.certificate()});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
