package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.heddle.control.api.resource.Kind;
import io.heddle.testkit.TestAuthority;
import org.junit.jupiter.api.Test;

final class BackendTlsTest {
  private static final String MAP =
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata:\n  ca.crt: |\n"
          + TestAuthority.create("ca").pem().indent(4);

  private static String policy(String name, String names) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: BackendTLSPolicy
    metadata: {name: %s}
    spec:
      targetRefs: [{group: "", kind: Service, name: pay}]
      validation:
        caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
        hostname: pay.example
    %s
    """
        .formatted(name, names.indent(4));
  }

  private static UpstreamTlsContext tls(Cluster cluster) {
    try {
      return cluster.getTransportSocket().getTypedConfig().unpack(UpstreamTlsContext.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void speaksTlsWithTheServiceAndBelievesTheAuthority() {
    Produce produce = new Produce().with(Inputs.service("pay") + MAP + policy("p", "")).translate();
    UpstreamTlsContext tls = tls(produce.cluster("default/pay"));
    assertThat(tls.getSni()).isEqualTo("pay.example");
    CertificateValidationContext trust = tls.getCommonTlsContext().getValidationContext();
    assertThat(trust.getTrustedCa().getInlineString()).contains("BEGIN CERTIFICATE");
    assertThat(trust.getMatchTypedSubjectAltNames(0).getMatcher().getExact())
        .isEqualTo("pay.example");
    assertThat(
            Produce.claim(produce.verdict(Kind.BACKEND_TLS_POLICY, "p").claims(), Verdict.ACCEPTED))
        .startsWith("true");
    produce.translator.remove(Inputs.object(policy("p", "")).key());
    produce.translate();
    assertThat(produce.cluster("default/pay").hasTransportSocket()).isFalse();
  }

  @Test
  void asksForOtherNamesWhereThePolicySaysSo() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("pay")
                    + MAP
                    + policy(
                        "p",
                        "subjectAltNames: [{type: URI, uri: \"spiffe://mesh/pay\"}, {type:"
                            + " Hostname, hostname: \"*.pay.example\"}]"))
            .translate();
    assertThat(
            tls(produce.cluster("default/pay"))
                .getCommonTlsContext()
                .getValidationContext()
                .getMatchTypedSubjectAltNamesList())
        .extracting(name ->
            name.getSanType() + " " + name.getMatcher().getExact() + name.getMatcher().getSuffix())
        .containsExactly("URI spiffe://mesh/pay", "DNS .pay.example");
  }

  @Test
  void believesNobodyWithoutAnAuthority() {
    Produce produce = new Produce().with(Inputs.service("pay") + policy("p", "")).translate();
    Cluster cluster = produce.cluster("default/pay");
    assertThat(cluster.getType()).isEqualTo(Cluster.DiscoveryType.STATIC);
    assertThat(cluster.getLoadAssignment().getEndpointsCount()).isZero();
    Verdict verdict = produce.verdict(Kind.BACKEND_TLS_POLICY, "p");
    assertThat(Produce.claim(verdict.claims(), Verdict.ACCEPTED))
        .startsWith("false NoValidCACertificate");
    assertThat(Produce.claim(verdict.claims(), Verdict.RESOLVED_REFS))
        .isEqualTo("false InvalidCACertificateRef: ConfigMap default/ca does not exist");
    produce.with(MAP).translate();
    assertThat(produce.cluster("default/pay").hasTransportSocket()).isTrue();
    assertThat(
            Produce.claim(produce.verdict(Kind.BACKEND_TLS_POLICY, "p").claims(), Verdict.ACCEPTED))
        .startsWith("true");
  }

  @Test
  void ofTwoPoliciesTheOlderOneHolds() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("pay")
                    + MAP
                    + policy("old", "")
                    + policy("young", "").replace("pay.example", "other.example"))
            .translate();
    assertThat(tls(produce.cluster("default/pay")).getSni()).isEqualTo("pay.example");
    assertThat(
            Produce.claim(
                produce.verdict(Kind.BACKEND_TLS_POLICY, "young").claims(), Verdict.ACCEPTED))
        .isEqualTo(
            "false Conflicted: Service default/pay has BackendTLSPolicy default/old already");
  }

  @Test
  void saysWhenItsServiceIsNotThere() {
    Produce produce = new Produce().with(MAP + policy("p", "")).translate();
    assertThat(
            Produce.claim(produce.verdict(Kind.BACKEND_TLS_POLICY, "p").claims(), Verdict.ACCEPTED))
        .startsWith("false TargetNotFound: Service default/pay");
    produce.with(Inputs.service("pay")).translate();
    assertThat(
            Produce.claim(produce.verdict(Kind.BACKEND_TLS_POLICY, "p").claims(), Verdict.ACCEPTED))
        .startsWith("true");
  }
}
