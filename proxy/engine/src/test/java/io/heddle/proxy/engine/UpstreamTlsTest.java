package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ListenerConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters whose hosts are spoken to over TLS, with a server that is not BoringSSL. */
class UpstreamTlsTest {
  private static final TestAuthority CA = TestAuthority.create("ca");
  private static final TestAuthority STRANGER = TestAuthority.create("stranger");
  private static final Issued SERVER = CA.issue(Wish.dns("host.example", "a.example"));
  private static final Issued OWN = CA.issue(Wish.uri("spiffe://test/proxy"));
  private static final String OPTIONS =
      "'typed_extension_protocol_options':{'envoy.extensions.upstreams.http.v3."
          + "HttpProtocolOptions':{'@type':'type.googleapis.com/envoy.extensions.upstreams.http."
          + "v3.HttpProtocolOptions','explicit_http_config':{'http_protocol_options':{}},"
          + "'upstream_http_protocol_options':";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path files;

  private static String trusting(TestAuthority authority, String more) {
    return "'validation_context':{'trusted_ca':{'inline_string':"
        + Chains.json(authority.pem())
        + "}"
        + (more.isEmpty() ? "" : "," + more)
        + "}";
  }

  private static String common(String fields) {
    return "'common_tls_context':{" + fields + "}";
  }

  private static String presenting(Issued own) {
    return "'tls_certificates':[" + DownstreamTlsTest.certificate(own) + "]";
  }

  /** Tells in its body what it knows of the handshake. */
  private static Upstream server(boolean certificateNeeded) throws Exception {
    return server(certificateNeeded, List.of());
  }

  private static Upstream server(boolean certificateNeeded, List<String> protocols)
      throws Exception {
    SSLContext context = TlsClient.context(CA, SERVER);
    var sockets =
        new TlsServerSockets(
            context,
            server -> {
              server.setNeedClientAuth(certificateNeeded);
              if (!protocols.isEmpty()) {
                server.setEnabledProtocols(protocols.toArray(String[]::new));
              }
            });
    return new Upstream(
        wire -> {
          SSLSocket socket = (SSLSocket) wire.socket;
          var parameters = socket.getSSLParameters();
          parameters.setApplicationProtocols(new String[] {"http/1.1"});
          socket.setSSLParameters(parameters);
          while (wire.request() != null) {
            String body = told(socket);
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
          }
        },
        0,
        sockets);
  }

  private static String told(SSLSocket socket) {
    ExtendedSSLSession session = (ExtendedSSLSession) socket.getSession();
    List<String> names = new ArrayList<>();
    for (SNIServerName name : session.getRequestedServerNames()) {
      names.add(new String(name.getEncoded(), java.nio.charset.StandardCharsets.US_ASCII));
    }
    String peer = "none";
    try {
      peer = session.getPeerPrincipal().getName();
    } catch (SSLPeerUnverifiedException _) {
      // It has presented none.
    }
    return session.getProtocol()
        + " "
        + socket.getApplicationProtocol()
        + " sni="
        + names
        + " peer="
        + peer;
  }

  private static ListenerConfig listener() {
    return Chains.listener("", Chains.proxying("", ""));
  }

  private static EngineUnderTest proxy(ClusterConfig cluster) {
    return EngineUnderTest.of(listener(), cluster);
  }

  @Test
  void hostIsVerifiedAndToldWhoAsks() throws Exception {
    try (Upstream up = server(true);
        EngineUnderTest proxy =
            proxy(
                Chains.cluster(
                    up.port(),
                    Chains.upstreamTls(
                        "'sni':'a.example',"
                            + common(trusting(CA, "") + "," + presenting(OWN)))))) {
      assertThat(proxy.get("/")).endsWith("TLSv1.2 http/1.1 sni=[a.example] peer=O=Test");
      assertThat(proxy.get("/")).endsWith("peer=O=Test");
      assertThat(up.connections.get()).isBetween(1, 2);
      assertThat(proxy.counter("cluster.up.ssl.handshake")).isBetween(1L, 2L);
      assertThat(proxy.counter("cluster.up.ssl.versions.TLSv1.2")).isBetween(1L, 2L);
      assertThat(proxy.counter("cluster.up.ssl.connection_error")).isZero();
      assertThat(proxy.engine.certificates().getFirst().owner()).isEqualTo("cluster up");
      assertThat(proxy.engine.certificates().getFirst().authorities().getFirst().subject())
          .isEqualTo("CN=ca");
    }
  }

  @Test
  void whatHostsAreHeldTo() throws Exception {
    String named = "'match_typed_subject_alt_names':[{'san_type':'DNS','matcher':{'exact':'%s'}}]";
    String pinned = "'verify_certificate_hash':['" + "00".repeat(32) + "']";
    String[][] cases = {
      {common(trusting(STRANGER, "")), "unable_to_get_local_issuer_certificate", "error"},
      {common(trusting(CA, named.formatted("b.example"))), "SAN_matcher", "san"},
      {common(trusting(CA, pinned)), "cert_hash_and_spki", "cert_hash"},
      {
        common(
            trusting(
                CA, "'crl':{'inline_string':" + Chains.json(CA.crl(SERVER.certificate())) + "}")),
        "certificate_revoked",
        "error"
      },
      {
        "'sni':'b.example','auto_sni_san_validation':true," + common(trusting(CA, "")),
        "SAN_matcher",
        "san"
      },
      {common(trusting(CA, named.formatted("a.example"))), "", ""},
      {"'auto_host_sni':true,'auto_sni_san_validation':true," + common(trusting(CA, "")), "", ""},
      {common(""), "", ""},
    };
    for (String[] one : cases) {
      try (Upstream up = server(false);
          EngineUnderTest proxy = proxy(Chains.cluster(up.port(), Chains.upstreamTls(one[0])))) {
        String answer = proxy.get("/");
        if (one[1].isEmpty()) {
          assertThat(answer).as(one[0]).contains("200 OK");
        } else {
          assertThat(answer).as(one[1]).startsWith("HTTP/1.1 503 ");
          assertThat(answer).endsWith("reset reason: remote connection failure");
          assertThat(proxy.counter("cluster.up.ssl.fail_verify_" + one[2])).isEqualTo(1);
          assertThat(proxy.counter("cluster.up.ssl.connection_error")).isZero();
          assertThat(proxy.counter("cluster.up.upstream_cx_connect_fail")).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void failuresAreNamedAsEnvoyNamesThem() throws Exception {
    Path log = files.resolve("log");
    String manager =
        "'access_log':[{'name':'f','typed_config':{'@type':'type.googleapis.com/envoy.extensions."
            + "access_loggers.file.v3.FileAccessLog','path':'"
            + log
            + "','log_format':{'text_format_source':{'inline_string':'%RESPONSE_FLAGS% "
            + "%RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\\n'}}}}]";
    String words = "TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER";
    try (Upstream plain = Upstream.answering("x")) {
      EngineUnderTest proxy =
          EngineUnderTest.of(
              Chains.listener("", Chains.proxying("", manager)),
              Chains.cluster(plain.port(), Chains.upstreamTls(common(trusting(CA, "")))));
      try (proxy;
          Upstream shy = new Upstream(wire -> wire.send("HTTP/1.1 400 Bad\r\n\r\n"))) {
        proxy.cluster(Chains.cluster(shy.port(), Chains.upstreamTls(common(trusting(CA, "")))));
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ");
        assertThat(proxy.counter("cluster.up.ssl.connection_error")).isEqualTo(1);
      }
      assertThat(Files.readString(log))
          .isEqualTo(
              "UF upstream_reset_before_response_started{remote_connection_failure|"
                  + words
                  + ":TLS_error_end} "
                  + words
                  + ":TLS_error_end\n");
    }
  }

  @Test
  void logsTellOfBothHandshakes() throws Exception {
    Path log = files.resolve("log");
    String[][] operators = {
      {"DOWNSTREAM_TLS_VERSION", "TLSv1\\.3"},
      {"DOWNSTREAM_TLS_CIPHER", "TLS_[A-Z0-9_]+"},
      {"DOWNSTREAM_PEER_SUBJECT", "O=Test"},
      {"DOWNSTREAM_PEER_ISSUER", "CN=ca"},
      {"DOWNSTREAM_PEER_URI_SAN", "spiffe://test/proxy"},
      {"DOWNSTREAM_PEER_SERIAL", "[0-9a-f]+"},
      {"DOWNSTREAM_PEER_FINGERPRINT_256", "[0-9a-f]{64}"},
      {"DOWNSTREAM_PEER_FINGERPRINT_1", "[0-9a-f]{40}"},
      {"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256", "[0-9a-f]{64}"},
      {"DOWNSTREAM_PEER_CHAIN_SERIALS", "[0-9a-f]+"},
      {"DOWNSTREAM_PEER_CERT", "-----BEGIN%20CERTIFICATE-----%0A[A-Za-z0-9%.-]+"},
      {"DOWNSTREAM_PEER_CERT_V_START", "20[0-9]{2}-[0-9-]+T[0-9:]+\\.000Z"},
      {"DOWNSTREAM_PEER_CERT_V_END(%Y)", "20[0-9]{2}"},
      {"DOWNSTREAM_LOCAL_SUBJECT", "CN=host.example"},
      {"DOWNSTREAM_LOCAL_DNS_SAN", "host.example,a.example"},
      {"DOWNSTREAM_PEER_EMAIL_SAN", "-"},
      {"UPSTREAM_TLS_VERSION", "TLSv1\\.2"},
      {"UPSTREAM_TLS_CIPHER", "ECDHE-ECDSA-[A-Z0-9-]+"},
      {"UPSTREAM_TLS_SESSION_ID", "[0-9a-f]*|-"},
      {"UPSTREAM_PEER_SUBJECT", "CN=host.example"},
      {"UPSTREAM_PEER_ISSUER", "CN=ca"},
      {"UPSTREAM_PEER_DNS_SAN", "host.example,a.example"},
      {"UPSTREAM_LOCAL_URI_SAN", "spiffe://test/proxy"},
      {"UPSTREAM_PEER_IP_SAN", "-"},
    };
    StringBuilder format = new StringBuilder();
    for (String[] operator : operators) {
      format.append('%').append(operator[0]).append("%|");
    }
    String manager =
        "'access_log':[{'name':'f','typed_config':{'@type':'type.googleapis.com/envoy.extensions."
            + "access_loggers.file.v3.FileAccessLog','path':'"
            + log
            + "','log_format':{'text_format_source':{'inline_string':'"
            + format
            + "'}}}}]";
    try (Upstream up = server(true)) {
      EngineUnderTest proxy =
          EngineUnderTest.of(
              Chains.listener(
                  "",
                  Chains.proxying(
                      Chains.tls(common(presenting(SERVER) + "," + trusting(CA, ""))), manager)),
              Chains.cluster(
                  up.port(), Chains.upstreamTls(common(trusting(CA, "") + "," + presenting(OWN)))));
      try (proxy;
          TlsClient client =
              TlsClient.connect(proxy.port(), TlsClient.context(CA, OWN), "a.example")) {
        assertThat(client.get()).contains("200 OK");
      }
      String[] fields = Files.readString(log).split("\\|", -1);
      for (int i = 0; i < operators.length; i++) {
        assertThat(fields[i]).as(operators[i][0]).matches(operators[i][1]);
      }
    }
  }

  @Test
  void connectTimeoutCoversTheHandshake() throws Exception {
    try (Upstream silent = new Upstream(wire -> wire.rest());
        EngineUnderTest proxy =
            proxy(
                Chains.cluster(
                    silent.port(),
                    "'connect_timeout':'0.2s'," + Chains.upstreamTls(common(trusting(CA, "")))))) {
      assertThat(proxy.get("/")).endsWith("reset reason: connection timeout");
      assertThat(proxy.counter("cluster.up.upstream_cx_connect_timeout")).isEqualTo(1);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
    }
  }

  @Test
  void serverNameComesFromTheRequest() throws Exception {
    String auto = OPTIONS + "{'auto_sni':true,'auto_san_validation':true}}},";
    try (Upstream up = server(false);
        EngineUnderTest proxy =
            proxy(Chains.cluster(up.port(), auto + Chains.upstreamTls(common(trusting(CA, "")))))) {
      try (Upstream.Wire client = proxy.connect()) {
        String ask = "GET / HTTP/1.1\r\nhost: %s\r\n\r\n";
        assertThat(client.roundTrip(ask.formatted("a.example:80"))).contains("sni=[a.example]");
        assertThat(client.roundTrip(ask.formatted("host.example"))).contains("sni=[host.example]");
        assertThat(client.roundTrip(ask.formatted("a.example"))).contains("sni=[a.example]");
        // Two names are two connections, and a name that the certificate lacks is none.
        assertThat(up.connections.get()).isEqualTo(2);
        assertThat(client.roundTrip(ask.formatted("b.example"))).startsWith("HTTP/1.1 503 ");
        assertThat(client.roundTrip(ask.formatted("127.0.0.1"))).startsWith("HTTP/1.1 503 ");
      }
    }
  }

  @Test
  void sessionsAreResumedUnlessNoneAreKept() throws Exception {
    for (int keys : new int[] {1, 0}) {
      String one = "'max_requests_per_connection':1,";
      String tls = "'max_session_keys':" + keys + "," + common(trusting(CA, ""));
      try (Upstream up = server(false);
          EngineUnderTest proxy = proxy(Chains.cluster(up.port(), one + Chains.upstreamTls(tls)))) {
        for (int i = 0; i < 3; i++) {
          assertThat(proxy.get("/")).contains("200 OK");
        }
        assertThat(proxy.counter("cluster.up.ssl.handshake")).isEqualTo(3);
        assertThat(proxy.counter("cluster.up.ssl.session_reused")).isEqualTo(keys == 0 ? 0 : 2);
      }
    }
  }

  @Test
  void versionsAreThoseConfigured() throws Exception {
    String newest = "'tls_params':{'tls_maximum_protocol_version':'TLSv1_3'},";
    try (Upstream up = server(false, List.of("TLSv1.3"))) {
      try (EngineUnderTest proxy =
          proxy(Chains.cluster(up.port(), Chains.upstreamTls(common(newest + trusting(CA, "")))))) {
        assertThat(proxy.get("/")).contains("TLSv1.3 ");
      }
      try (EngineUnderTest proxy =
          proxy(Chains.cluster(up.port(), Chains.upstreamTls(common(trusting(CA, "")))))) {
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ");
        assertThat(proxy.counter("cluster.up.ssl.connection_error")).isEqualTo(1);
      }
    }
  }

  @Test
  void secretIsWaitedForInWarmingAndSwapped() throws Exception {
    String byName =
        common(
            "'tls_certificate_sds_secret_configs':[{'name':'own','sds_config':{'ads':{}}}],"
                + trusting(CA, ""));
    try (Upstream up = server(true);
        EngineUnderTest proxy = proxy(Chains.cluster(up.port(), Chains.upstreamTls(byName)))) {
      assertThat(proxy.engine.warmingClusters()).containsExactly("up");
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ");
      assertThat(
              proxy.counter(
                  "cluster.up.client_ssl_socket_factory.upstream_context_secrets_not_ready"))
          .isEqualTo(1);
      proxy.engine.applySecret(secret(OWN));
      assertThat(proxy.engine.warmingClusters()).isEmpty();
      try (Upstream.Wire client = proxy.connect()) {
        String ask = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        assertThat(client.roundTrip(ask)).endsWith("peer=O=Test");
        int connections = up.connections.get();
        proxy.engine.applySecret(secret(CA.issue(Wish.dns("second"))));
        // What stands keeps its certificate; what is new has the new one.
        assertThat(client.roundTrip(ask)).endsWith("peer=O=Test");
        assertThat(up.connections.get()).isEqualTo(connections);
      }
      proxy.cluster(
          Chains.cluster(
              up.port(), "'max_requests_per_connection':1," + Chains.upstreamTls(byName)));
      EngineUnderTest.await(() -> {
        try {
          return proxy.get("/").endsWith("peer=CN=second");
        } catch (java.io.IOException gone) {
          throw new AssertionError(gone);
        }
      });
    }
  }

  private static io.heddle.xds.model.SecretConfig secret(Issued issued) {
    return Chains.secret(
        "{'name':'own','tls_certificate':" + DownstreamTlsTest.certificate(issued) + "}");
  }

  @Test
  void changedFilesServeNewConnections() throws Exception {
    Path authority = files.resolve("ca.pem");
    Files.writeString(authority, STRANGER.pem());
    String tls = common("'validation_context':{'trusted_ca':{'filename':'" + authority + "'}}");
    try (Upstream up = server(false);
        EngineUnderTest proxy = proxy(Chains.cluster(up.port(), Chains.upstreamTls(tls)))) {
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ");
      Path next = files.resolve("next");
      Files.writeString(next, CA.pem());
      Files.move(next, authority, StandardCopyOption.REPLACE_EXISTING);
      EngineUnderTest.await(() ->
          proxy.counter("cluster.up.client_ssl_socket_factory.ssl_context_update_by_sds") == 1);
      assertThat(proxy.get("/")).contains("200 OK");
    }
  }

  @Test
  void badMaterialIsRefusedByFieldWithoutTheKey() {
    Issued other = CA.issue(Wish.dns("other"));
    String mixed =
        "'tls_certificates':[{'certificate_chain':{'inline_string':"
            + Chains.json(OWN.certificatePem())
            + "},'private_key':{'inline_string':"
            + Chains.json(other.keyPem())
            + "}}]";
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      List<ConfigError> errors =
          proxy.engine.checkCluster(Chains.cluster(1, Chains.upstreamTls(common(mixed))));
      assertThat(errors).hasSize(1);
      assertThat(errors.getFirst().field())
          .isEqualTo(
              "transport_socket.typed_config.common_tls_context.tls_certificates[0].private_key");
      assertThat(errors.toString()).doesNotContain("BEGIN");
      assertThat(
              proxy.engine.checkCluster(
                  Chains.cluster(
                      1,
                      Chains.upstreamTls(common("'tls_params':{'cipher_suites':['nonsense']}")))))
          .hasSize(1);
    }
  }

  @Test
  void hostsChooseTheirTransportByMetadata() throws Exception {
    String matches =
        "'transport_socket_matches':[{'name':'secure','match':{'tls':'yes'},'transport_socket':"
            + Chains.socket("tls.v3.UpstreamTlsContext", common(trusting(CA, "")))
            + "},{'name':'clear','match':{},'transport_socket':"
            + Chains.socket("raw_buffer.v3.RawBuffer", "")
            + "}]";
    try (Upstream secure = server(false);
        Upstream clear = Upstream.answering("in clear");
        EngineUnderTest proxy =
            proxy(
                Chains.cluster(
                    "'load_assignment':{'cluster_name':'up','endpoints':[{'lb_endpoints':["
                        + Chains.endpoint(
                            secure.port(),
                            "'metadata':{'filter_metadata':{'envoy.transport_socket_match':"
                                + "{'tls':'yes'}}}")
                        + ","
                        + Chains.endpoint(clear.port(), "")
                        + "]}]},"
                        + matches))) {
      List<String> answers =
          List.of(proxy.get("/"), proxy.get("/"), proxy.get("/"), proxy.get("/"));
      assertThat(answers).anyMatch(a -> a.endsWith("in clear")).anyMatch(a -> a.contains("TLSv1"));
      assertThat(answers).allMatch(a -> a.contains("200 OK"));
      assertThat(proxy.counter("cluster.up.transport_socket_match.secure.total_match_count"))
          .isPositive();
    }
  }

  @Test
  void aChangedTransportTakesNewConnections() throws Exception {
    try (Upstream up = server(false);
        Upstream plain = Upstream.answering("plain");
        EngineUnderTest proxy = proxy(Chains.cluster(plain.port(), "'connect_timeout':'1s'"))) {
      assertThat(proxy.get("/")).endsWith("plain");
      proxy.cluster(Chains.cluster(up.port(), Chains.upstreamTls(common(trusting(CA, "")))));
      assertThat(proxy.get("/")).contains("TLSv1.2");
      // The same host, without TLS any more: its connections are not used for that.
      proxy.cluster(Chains.cluster(up.port(), "'connect_timeout':'1s'"));
      assertThat(proxy.get("/")).doesNotContain("200 OK");
    }
  }

  @Test
  void bytesOfAnyKindPassOverTls() throws Exception {
    SSLContext context = TlsClient.context(CA, SERVER);
    // Before version 1.3 the end of one direction ends both.
    String newest = "'tls_params':{'tls_maximum_protocol_version':'TLSv1_3'},";
    try (Upstream up =
            new Upstream(
                wire -> {
                  // A half-close passes both ways.
                  String all = wire.rest();
                  wire.send("got " + all.length());
                },
                0,
                new TlsServerSockets(context, _ -> {}));
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.tcp("up")),
                Chains.cluster(up.port(), Chains.upstreamTls(common(newest + trusting(CA, "")))))) {
      try (Upstream.Wire client = proxy.connect()) {
        client.send("x".repeat(300_000));
        client.socket.shutdownOutput();
        assertThat(client.rest()).isEqualTo("got 300000");
      }
      assertThat(proxy.counter("cluster.up.ssl.handshake")).isEqualTo(1);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
    }
  }

  @Test
  void tcpConnectionsEndWhereTheHostIsNotTrusted() throws Exception {
    try (Upstream up = server(false);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.tcp("up")),
                Chains.cluster(up.port(), Chains.upstreamTls(common(trusting(STRANGER, "")))));
        Upstream.Wire client = proxy.connect()) {
      assertThat(client.rest()).isEmpty();
      assertThat(proxy.counter("cluster.up.ssl.fail_verify_error")).isEqualTo(1);
    }
  }

  @Test
  void bothProtocolsOnBothSidesOverTls() throws Exception {
    String alpn = "'alpn_protocols':['h2','http/1.1'],";
    try (EngineUnderTest origin =
        EngineUnderTest.of(
            Chains.listener(
                "", Chains.saying("hello", Chains.tls(common(alpn + presenting(SERVER))))))) {
      for (boolean wide : new boolean[] {false, true}) {
        String upstream =
            (wide ? "'http2_protocol_options':{}," : "")
                + Chains.upstreamTls("'sni':'a.example'," + common(trusting(CA, "")));
        try (EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener(
                    "", Chains.proxying(Chains.tls(common(alpn + presenting(SERVER))), "")),
                Chains.cluster(origin.port(), upstream))) {
          for (Version version : List.of(Version.HTTP_1_1, Version.HTTP_2)) {
            assertThat(ask(proxy.port(), version)).as(wide + " " + version).isEqualTo("hello");
          }
          assertThat(proxy.counter("cluster.up.upstream_cx_http" + (wide ? 2 : 1) + "_total"))
              .isPositive();
          assertThat(proxy.counter("http.in.downstream_cx_http2_total")).isEqualTo(1);
          assertThat(proxy.counter("http.in.downstream_cx_http1_total")).isEqualTo(1);
        }
      }
    }
  }

  private static @Nullable String ask(int port, Version version) throws Exception {
    System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
    try (HttpClient client =
        HttpClient.newBuilder().sslContext(TlsClient.context(CA, null)).version(version).build()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/")).build(),
              BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(version);
      return answer.body();
    }
  }
}
