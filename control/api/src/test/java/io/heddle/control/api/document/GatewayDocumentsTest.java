package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.BackendTlsPolicySpec;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.testkit.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Listeners with TLS, ListenerSets, the certificates of both sides. */
class GatewayDocumentsTest {
  private static ResourceObject read(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isEmpty();
    ResourceObject object = result.objects().getFirst();
    assertThat(ObjectParser.parseStored("again", ObjectWriter.toStoredJson(object)).objects())
        .containsExactly(object);
    return object;
  }

  private static String error(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isNotEmpty();
    ObjectError first = result.errors().getFirst();
    return first.field() + ": " + first.offending() + " (expected: " + first.expected() + ")";
  }

  private static String gateway(String listener) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge}
    spec:
      gatewayClassName: heddle
      listeners: [{name: l, port: 443, %s}]
    """
        .formatted(listener);
  }

  @Test
  void readsListenersOfEveryProtocol() {
    GatewaySpec spec =
        (GatewaySpec)
            read(gateway(
                    """
                    protocol: HTTPS, hostname: a.example,
                          tls: {certificateRefs: [{name: cert, namespace: keys}]}},
                        {name: pass, port: 443, protocol: TLS, hostname: b.example,
                          tls: {mode: Passthrough}},
                        {name: tcp, port: 9000, protocol: TCP,
                          allowedRoutes: {kinds: [{kind: TCPRoute}],
                            namespaces: {from: Selector, selector: {
                              matchLabels: {kubernetes.io/metadata.name: db}}}}\
                    """))
                .spec();
    GatewaySpec.Listener https = spec.listeners().getFirst();
    assertThat(https.tls().mode()).isEqualTo(GatewaySpec.TlsMode.TERMINATE);
    assertThat(https.tls().certificates().getFirst().target("default"))
        .hasToString("Secret keys/cert");
    assertThat(https.admittedKinds()).contains(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE);
    assertThat(spec.listeners().get(1).admittedKinds()).containsExactly(Kind.TLS_ROUTE);
    GatewaySpec.Allowed allowed = spec.listeners().get(2).routes();
    assertThat(allowed.admits("default", "db")).isTrue();
    assertThat(allowed.admits("default", "default")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "protocol: HTTPS | listeners[0].tls: no certificateRefs",
        "'protocol: HTTPS, tls: {mode: Passthrough}' | tls.mode: Passthrough with protocol HTTPS",
        "'protocol: HTTP, tls: {certificateRefs: [{name: a}]}' | listeners[0].tls: with protocol",
        "'protocol: TLS, tls: {mode: Passthrough, certificateRefs: [{name: a}]}' | certificateRefs",
        "'protocol: TCP, hostname: a.example' | listeners[0].hostname: \"a.example\"",
        "'protocol: HTTP, allowedRoutes: {kinds: [{kind: UDPRoute}]}' | kinds[0].kind:"
            + " \"UDPRoute\"",
        "'protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}' | selector: missing",
        "'protocol: HTTPS, tls: {options: {a: b}, certificateRefs: [{name: a}]}' | tls.options:"
            + " not",
        "'protocol: HTTPS, tls: {certificateRefs: [{name: a, kind: ConfigMap}]}' | \"ConfigMap\"",
      })
  void refusesListenersThatCannotBe(String listener, String message) {
    assertThat(error(gateway(listener))).startsWith("spec.listeners[0]").contains(message);
  }

  @Test
  void readsListenerSetsAndWhoMayAddThem() {
    String set =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: more, namespace: team}
        spec:
          parentRef: {name: edge, namespace: default}
          listeners: [{name: l, port: 8080, protocol: HTTP}]
        """;
    assertThat(((ListenerSetSpec) read(set).spec()).gateway("team"))
        .hasToString("Gateway default/edge");
    assertThat(error(set.replace("name: edge,", "kind: Service, name: edge,")))
        .contains("spec.parentRef.kind: \"Service\"");
    String gateway =
        gateway("protocol: HTTP")
            .replace("listeners:", "allowedListeners: {namespaces: {from: All}}\n  listeners:");
    assertThat(((GatewaySpec) read(gateway).spec()).listenerSets().admits("default", "team"))
        .isTrue();
    assertThat(
            ((GatewaySpec) read(gateway("protocol: HTTP")).spec()).listenerSets().admits("a", "a"))
        .isFalse();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String secret(String certificates, String key) {
    return """
    apiVersion: v1
    kind: Secret
    metadata: {name: cert}
    type: kubernetes.io/tls
    data:
      tls.crt: %s
      tls.key: %s
    """
        .formatted(base64(certificates), base64(key));
  }

  @Test
  void readsACertificateWithItsKeyAndNeverShowsThem() {
    TestAuthority.Issued issued =
        TestAuthority.create("ca").issue(TestAuthority.Wish.dns("a.example"));
    ResourceObject object = read(secret(issued.certificatePem(), issued.keyPem()));
    assertThat(((SecretSpec) object.spec()).key()).isEqualTo(issued.keyPem());
    for (String shown :
        new String[] {
          ObjectWriter.toJson(object), ObjectWriter.toYaml(List.of(object)), object.toString()
        }) {
      assertThat(shown)
          .contains("(hidden)")
          .doesNotContain("PRIVATE", "BEGIN", base64(issued.keyPem()).substring(0, 40));
    }
    // What was shown cannot be applied, and history may hold it.
    String shown = ObjectWriter.toJson(object);
    assertThat(error(shown)).startsWith("data: (hidden) (expected: the certificate");
    assertThat(ObjectParser.parseStored("h", shown).objects().getFirst().spec())
        .isEqualTo(SecretSpec.WITHOUT_DATA);
  }

  @Test
  void takesPlainTextToo() {
    TestAuthority.Issued issued =
        TestAuthority.create("ca").issue(TestAuthority.Wish.dns("a.example"));
    String text =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ntype: kubernetes.io/tls\nstringData:\n"
            + "  tls.crt: |\n"
            + issued.certificatePem().indent(4)
            + "  tls.key: |\n"
            + issued.keyPem().indent(4);
    assertThat(read(text).spec()).isInstanceOf(SecretSpec.class);
  }

  @Test
  void saysWhatIsWrongWithACertificateWithoutShowingIt() {
    TestAuthority authority = TestAuthority.create("ca");
    TestAuthority.Issued one = authority.issue(TestAuthority.Wish.dns("a.example"));
    TestAuthority.Issued other = authority.issue(TestAuthority.Wish.dns("b.example"));
    assertThat(error(secret(one.certificatePem(), other.keyPem())))
        .isEqualTo(
            "data: tls.key: the key of another certificate (expected: a chain of certificates and"
                + " the first one's key, in PEM)");
    assertThat(error(secret(one.certificatePem(), "hunter2")))
        .contains("tls.key: no private key in PEM")
        .doesNotContain("hunter2");
    assertThat(error(secret("nothing", one.keyPem()))).contains("tls.crt: no certificate");
    assertThat(
            error(secret(one.certificatePem(), one.keyPem()).replace("tls.key: ", "tls.key: '*'#")))
        .contains("data.tls.key")
        .doesNotContain("*");
    assertThat(error(secret(one.certificatePem(), one.keyPem()).replace("/tls\ndata", "/x\ndata")))
        .contains("type: \"kubernetes.io/x\" is not supported");
  }

  @Test
  void readsWhomToBelieveOnTheOtherSide() {
    String authority = TestAuthority.create("ca").pem();
    String map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata:\n  ca.crt: |\n"
            + authority.indent(4);
    read(map);
    assertThat(error("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {ca.crt: x}}"))
        .contains("data.ca.crt: no certificate");
    String policy =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: BackendTLSPolicy
        metadata: {name: p}
        spec:
          targetRefs: [{group: "", kind: Service, name: pay, sectionName: https}]
          validation:
            caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
            hostname: pay.example
            subjectAltNames: [{type: URI, uri: "spiffe://mesh/pay"}]
        """;
    BackendTlsPolicySpec spec = (BackendTlsPolicySpec) read(policy).spec();
    assertThat(spec.names())
        .containsExactly(new BackendTlsPolicySpec.AltName(true, "spiffe://mesh/pay"));
    assertThat(error(policy.replace("hostname: pay.example", "hostname: 10.0.0.1")))
        .contains("validation.hostname: \"10.0.0.1\"");
    assertThat(
            error(
                policy.replace(
                    "caCertificateRefs: [",
                    "wellKnownCACertificates: System\n    caCertificateRefs: [")))
        .contains("wellKnownCACertificates: not supported yet");
  }
}
