package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listeners that terminate TLS, with a client that is not BoringSSL. */
class DownstreamTlsTest {
  private static final TestAuthority CA = TestAuthority.create("ca");
  private static final TestAuthority STRANGER = TestAuthority.create("stranger");
  private static final Issued SERVER = CA.issue(Wish.dns("a.example"));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path files;

  static String certificate(Issued issued) {
    return "{'certificate_chain':{'inline_string':"
        + Chains.json(issued.certificatePem())
        + "},'private_key':{'inline_string':"
        + Chains.json(issued.keyPem())
        + "}}";
  }

  private static String common(String fields, Issued... issued) {
    StringBuilder all = new StringBuilder("'common_tls_context':{'tls_certificates':[");
    for (int i = 0; i < issued.length; i++) {
      all.append(i == 0 ? "" : ",").append(certificate(issued[i]));
    }
    return all.append("]").append(fields.isEmpty() ? "" : "," + fields).append("}").toString();
  }

  private static String trusting(TestAuthority authority, String more) {
    return "'validation_context':{'trusted_ca':{'inline_string':"
        + Chains.json(authority.pem())
        + "}"
        + (more.isEmpty() ? "" : "," + more)
        + "}";
  }

  private static ListenerConfig listener(String tls) {
    return Chains.listener("'stat_prefix':'in'", Chains.saying("x", Chains.tls(tls)));
  }

  private static SSLContext client(@Nullable Issued own) throws Exception {
    return TlsClient.context(CA, own);
  }

  @Test
  void servesOverTls13AndCounts() throws Exception {
    try (EngineUnderTest proxy =
            EngineUnderTest.of(listener(common("'alpn_protocols':['h2','http/1.1']", SERVER)));
        TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example", "http/1.1")) {
      assertThat(client.get()).endsWith("x");
      assertThat(client.get()).endsWith("x");
      assertThat(client.socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
      assertThat(client.socket.getApplicationProtocol()).isEqualTo("http/1.1");
      assertThat(proxy.counter("listener.in.ssl.handshake")).isEqualTo(1);
      assertThat(proxy.counter("listener.in.ssl.no_certificate")).isEqualTo(1);
      assertThat(proxy.counter("listener.in.ssl.versions.TLSv1.3")).isEqualTo(1);
      assertThat(proxy.gauge("listener.in.downstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void versionsAndCiphersAreThoseConfigured() throws Exception {
    String old =
        "'tls_params':{'tls_maximum_protocol_version':'TLSv1_2',"
            + "'cipher_suites':['ECDHE-ECDSA-AES256-GCM-SHA384'],'ecdh_curves':['P-256']}";
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(common(old, SERVER)))) {
      try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
        assertThat(client.get()).endsWith("x");
        assertThat(client.socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
        assertThat(client.socket.getSession().getCipherSuite())
            .isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        assertThat(proxy.counter("listener.in.ssl.ciphers.ECDHE-ECDSA-AES256-GCM-SHA384"))
            .isEqualTo(1);
      }
      assertThatThrownBy(() ->
              TlsClient.connect(
                  TlsClient.plain(proxy.port()), client(null), "a.example", List.of("TLSv1.3")))
          .isInstanceOf(IOException.class);
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.connection_error") == 1);
    }
  }

  @Test
  void certificateIsChosenByServerName() throws Exception {
    Issued wildcard = CA.issue(Wish.dns("*.b.example"));
    Issued rsa = CA.issue(Wish.dns("c.example").withRsa());
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(common("", SERVER, wildcard, rsa)))) {
      for (String[] expected :
          new String[][] {
            {"a.example", "CN=a.example"},
            {"x.b.example", "CN=*.b.example"},
            {"C.example", "CN=c.example"},
            {"other.example", "CN=a.example"},
            {"", "CN=a.example"}
          }) {
        try (TlsClient client = TlsClient.connect(proxy.port(), client(null), expected[0])) {
          assertThat(client.peer().getSubjectX500Principal().getName())
              .as(expected[0])
              .isEqualTo(expected[1]);
          assertThat(client.get()).endsWith("x");
        }
      }
    }
  }

  @Test
  void clientCertificateIsRequiredAndVerified() throws Exception {
    String must = common(trusting(CA, ""), SERVER) + ",'require_client_certificate':true";
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(must))) {
      Issued known = CA.issue(Wish.uri("spiffe://test/a"));
      try (TlsClient client = TlsClient.connect(proxy.port(), client(known), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
      assertRefused(proxy, client(null));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_no_cert") == 1);
      assertRefused(proxy, client(STRANGER.issue(Wish.uri("spiffe://test/a"))));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_error") == 1);
      assertRefused(proxy, client(CA.issue(Wish.uri("spiffe://test/a").expired())));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_error") == 2);
      assertThat(proxy.counter("listener.in.ssl.handshake")).isEqualTo(1);
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }

  /** With TLS 1.3 a client learns of the refusal only when it reads. */
  private static void assertRefused(EngineUnderTest proxy, SSLContext context) {
    assertThatThrownBy(
            () -> {
              try (TlsClient client = TlsClient.connect(proxy.port(), context, "a.example")) {
                client.get();
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void namesHashesAndKeysAreMatched() throws Exception {
    Issued good = CA.issue(Wish.uri("spiffe://test/good"));
    Issued bad = CA.issue(Wish.uri("spiffe://test/bad"));
    String names =
        "'match_typed_subject_alt_names':[{'san_type':'URI','matcher':{'exact':"
            + "'spiffe://test/good'}}]";
    String must = ",'require_client_certificate':true";
    try (EngineUnderTest proxy =
        EngineUnderTest.of(listener(common(trusting(CA, names), SERVER) + must))) {
      try (TlsClient client = TlsClient.connect(proxy.port(), client(good), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
      assertRefused(proxy, client(bad));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_san") == 1);
    }
    String hash =
        java.util.HexFormat.of()
            .formatHex(
                java.security.MessageDigest.getInstance("SHA-256")
                    .digest(good.certificate().getEncoded()));
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            listener(
                common("'validation_context':{'verify_certificate_hash':['" + hash + "']}", SERVER)
                    + must))) {
      try (TlsClient client = TlsClient.connect(proxy.port(), client(good), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
      assertRefused(proxy, client(bad));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_cert_hash") == 1);
    }
  }

  @Test
  void revokedCertificateIsRefused() throws Exception {
    Issued good = CA.issue(Wish.uri("spiffe://test/good"));
    Issued revoked = CA.issue(Wish.uri("spiffe://test/revoked"));
    String crl = "'crl':{'inline_string':" + Chains.json(CA.crl(revoked.certificate())) + "}";
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            listener(common(trusting(CA, crl), SERVER) + ",'require_client_certificate':true"))) {
      try (TlsClient client = TlsClient.connect(proxy.port(), client(good), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
      assertRefused(proxy, client(revoked));
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.fail_verify_error") == 1);
    }
  }

  @Test
  void optionalCertificateIsTakenOrNot() throws Exception {
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(common(trusting(CA, ""), SERVER)))) {
      try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
      assertRefused(proxy, client(STRANGER.issue(Wish.uri("spiffe://test/a"))));
    }
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            listener(
                common(trusting(CA, "'trust_chain_verification':'ACCEPT_UNTRUSTED'"), SERVER)))) {
      SSLContext strange = client(STRANGER.issue(Wish.uri("spiffe://test/a")));
      try (TlsClient client = TlsClient.connect(proxy.port(), strange, "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
    }
  }

  @Test
  void sessionIsResumedWithAndWithoutTickets() throws Exception {
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      try (EngineUnderTest proxy = EngineUnderTest.of(listener(common("", SERVER)))) {
        SSLContext context = client(null);
        for (int i = 0; i < 2; i++) {
          // The same port must stand in the client's cache.
          try (TlsClient client =
              TlsClient.connect(
                  TlsClient.plain(proxy.port()), context, "a.example", List.of(version))) {
            assertThat(client.get()).endsWith("x");
          }
        }
        assertThat(proxy.counter("listener.in.ssl.session_reused")).as(version).isEqualTo(1);
      }
    }
    String never =
        ",'disable_stateless_session_resumption':true,"
            + "'disable_stateful_session_resumption':true";
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(common("", SERVER) + never))) {
      SSLContext context = client(null);
      for (int i = 0; i < 2; i++) {
        try (TlsClient client =
            TlsClient.connect(
                TlsClient.plain(proxy.port()), context, "a.example", List.of("TLSv1.2"))) {
          assertThat(client.get()).endsWith("x");
        }
      }
      assertThat(proxy.counter("listener.in.ssl.session_reused")).isZero();
    }
  }

  @Test
  void changedFilesServeNewConnectionsAndOldOnesStay() throws Exception {
    Path chain = files.resolve("chain.pem");
    Path key = files.resolve("key.pem");
    Files.writeString(chain, SERVER.certificatePem());
    Files.writeString(key, SERVER.keyPem());
    String tls =
        "'common_tls_context':{'tls_certificates':[{'certificate_chain':{'filename':'"
            + chain
            + "'},'private_key':{'filename':'"
            + key
            + "'}}]}";
    Issued next = CA.issue(Wish.dns("next.example"));
    try (EngineUnderTest proxy = EngineUnderTest.of(listener(tls));
        TlsClient old = TlsClient.connect(proxy.port(), client(null), "a.example")) {
      assertThat(old.get()).endsWith("x");
      // A chain without its key is not used.
      swap(chain, next.certificatePem());
      swap(key, next.keyPem());
      EngineUnderTest.await(() -> subject(proxy).equals("CN=next.example"));
      assertThat(old.get()).endsWith("x");
    }
  }

  private static void swap(Path file, String text) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(beside, text);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String subject(EngineUnderTest proxy) {
    try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
      return client.peer().getSubjectX500Principal().getName();
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void secretIsWaitedForAndSwapped() throws Exception {
    String tls =
        "'common_tls_context':{'tls_certificate_sds_secret_configs':[{'name':'s','sds_config':"
            + "{'ads':{}}}]}";
    ListenerConfig config = listener(tls);
    assertThat(config.secrets()).extracting(secret -> secret.name()).containsExactly("s");
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      assertThat(proxy.engine.hasSecret("s")).isFalse();
      assertRefused(proxy, client(null));
      EngineUnderTest.await(() ->
          proxy.counter(
                  "listener.in.server_ssl_socket_factory.downstream_context_secrets_not_ready")
              == 1);
      assertThat(proxy.engine.applySecret(secret(SERVER))).isEmpty();
      assertThat(proxy.engine.hasSecret("s")).isTrue();
      try (TlsClient old = TlsClient.connect(proxy.port(), client(null), "a.example")) {
        assertThat(old.get()).endsWith("x");
        assertThat(proxy.engine.applySecret(secret(CA.issue(Wish.dns("next.example"))))).isEmpty();
        assertThat(subject(proxy)).isEqualTo("CN=next.example");
        assertThat(old.get()).endsWith("x");
      }
      assertThat(proxy.engine.certificates().getFirst().certificates().getFirst().dnsSans())
          .containsExactly("next.example");
    }
  }

  private static io.heddle.xds.model.SecretConfig secret(Issued issued) {
    return Chains.secret("{'name':'s','tls_certificate':" + certificate(issued) + "}");
  }

  @Test
  void garbageAndSlownessAreBounded() throws Exception {
    ListenerConfig config =
        Chains.listener(
            "'stat_prefix':'in'",
            Chains.saying(
                "x",
                "'transport_socket_connect_timeout':'0.3s'," + Chains.tls(common("", SERVER))));
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      try (Socket garbage = TlsClient.plain(proxy.port())) {
        garbage.setSoTimeout(20_000);
        garbage
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        drainToEnd(garbage);
      }
      EngineUnderTest.await(() -> proxy.counter("listener.in.ssl.connection_error") == 1);
      try (Socket silent = TlsClient.plain(proxy.port())) {
        silent.setSoTimeout(20_000);
        drainToEnd(silent);
      }
      assertThat(proxy.counter("listener.in.downstream_cx_transport_socket_connect_timeout"))
          .isEqualTo(1);
      try (Socket half = TlsClient.plain(proxy.port())) {
        half.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0});
      }
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
      try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
    }
  }

  @Test
  void whyAHandshakeFailedIsInTheListenersLog() throws Exception {
    Path log = files.resolve("log");
    ListenerConfig config =
        listener(common("", SERVER)).toBuilder()
            .accessLogs(
                List.of(
                    new AccessLogConfig.Lines(
                        new AccessLogConfig.Sink.File(log.toString()),
                        new AccessLogConfig.Format.Text(
                            "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%\n", false))))
            .build();
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      try (Socket garbage = TlsClient.plain(proxy.port())) {
        garbage.setSoTimeout(20_000);
        garbage
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        drainToEnd(garbage);
      }
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
      try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
        assertThat(client.get()).endsWith("x");
      }
    }
    assertThat(Files.readAllLines(log))
        .containsExactly(
            "TLS_error:|268435612:SSL_routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end", "-");
  }

  private static void drainToEnd(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // Until the proxy has closed it.
      }
    } catch (java.net.SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void largeBodiesPassBothWays() throws Exception {
    String body = "y".repeat(300_000);
    try (Upstream up = Upstream.answering(body);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.proxying(Chains.tls(common("", SERVER)), "")),
                Configs.cluster("up", up.port()));
        TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
      assertThat(client.get()).endsWith(body);
      assertThat(client.get()).endsWith(body);
    }
  }

  @Test
  void certificateIsToldUpstreamAndNeverBelieved() throws Exception {
    Issued known = CA.issue(Wish.uri("spiffe://test/a"));
    String said = "x-forwarded-client-cert: Hash=lie\r\n";
    String[][] modes = {
      {"SANITIZE_SET", "uri", "x-forwarded-client-cert: Hash=[0-9a-f]{64};URI=spiffe://test/a\r\n"},
      {
        "APPEND_FORWARD",
        "subject",
        "x-forwarded-client-cert: Hash=lie,Hash=[0-9a-f]{64};Subject=\"O=Test\"\r\n"
      },
      {"FORWARD_ONLY", "uri", "x-forwarded-client-cert: Hash=lie\r\n"},
      {"SANITIZE", "uri", ""}
    };
    for (String[] mode : modes) {
      String manager =
          "'forward_client_cert_details':'"
              + mode[0]
              + "','set_current_client_cert_details':{'"
              + mode[1]
              + "':true}";
      try (Upstream up = Upstream.answering("x");
          EngineUnderTest proxy =
              EngineUnderTest.of(
                  Chains.listener(
                      "", Chains.proxying(Chains.tls(common(trusting(CA, ""), SERVER)), manager)),
                  Configs.cluster("up", up.port()))) {
        try (TlsClient client = TlsClient.connect(proxy.port(), client(known), "a.example")) {
          assertThat(client.send("GET / HTTP/1.1\r\nhost: a\r\n" + said + "\r\n")).endsWith("x");
        }
        if (mode[2].isEmpty()) {
          assertThat(up.heads.getFirst()).doesNotContain("x-forwarded-client-cert");
        } else {
          assertThat(up.heads.getFirst()).as(mode[0]).containsPattern(mode[2]);
        }
        // Without a certificate nobody is believed.
        try (TlsClient client = TlsClient.connect(proxy.port(), client(null), "a.example")) {
          assertThat(client.send("GET / HTTP/1.1\r\nhost: a\r\n" + said + "\r\n")).endsWith("x");
        }
        assertThat(up.heads.getLast()).doesNotContain("x-forwarded-client-cert");
      }
    }
  }

  @Test
  void badMaterialIsRefusedByFieldWithoutTheKey() {
    Issued other = CA.issue(Wish.dns("other.example"));
    String mixed =
        "'common_tls_context':{'tls_certificates':[{'certificate_chain':{'inline_string':"
            + Chains.json(SERVER.certificatePem())
            + "},'private_key':{'inline_string':"
            + Chains.json(other.keyPem())
            + "}}]}";
    String at = "filter_chains[0].transport_socket.typed_config.common_tls_context.";
    assertRefused(mixed, at + "tls_certificates[0].private_key");
    assertRefused(
        mixed.replace(Chains.json(SERVER.certificatePem()), "'nothing'"),
        at + "tls_certificates[0].certificate_chain");
    assertRefused(common("'tls_params':{'cipher_suites':['NO-SUCH']}", SERVER), "cipher_suites");
    assertRefused(
        common("'validation_context':{'trusted_ca':{'filename':'/no/such'}}", SERVER),
        at + "validation_context.trusted_ca.filename");
  }

  private static void assertRefused(String tls, String field) {
    try (Engine engine = Engine.builder().concurrency(1).start()) {
      var errors = engine.checkListener(listener(tls));
      assertThat(errors).hasSize(1);
      assertThat(errors.getFirst().field()).contains(field);
      assertThat(errors.toString()).doesNotContain("PRIVATE KEY").doesNotContain("MIG");
    }
  }
}
