package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.testkit.TestAuthority;
import io.heddle.xds.model.ResourceType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Listeners of HTTPS, TLS and TCP, ListenerSets, and what conflicts. */
final class GatewayTlsTest {
  private static final TestAuthority AUTHORITY = TestAuthority.create("ca");

  private static String secret(String name, String namespace) {
    TestAuthority.Issued issued = AUTHORITY.issue(TestAuthority.Wish.dns(name + ".example"));
    return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\n"
            .formatted(name, namespace)
        + "type: kubernetes.io/tls\nstringData:\n  tls.crt: |\n"
        + issued.certificatePem().indent(4)
        + "  tls.key: |\n"
        + issued.keyPem().indent(4);
  }

  private static String gateway(String listeners) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge}
    spec:
      gatewayClassName: heddle
      allowedListeners: {namespaces: {from: All}}
      listeners:
    %s
    """
        .formatted(listeners.indent(2));
  }

  private static String route(String kind, String name, String parent, String rest) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: %s
    metadata: {name: %s}
    spec:
      parentRefs: [%s]
    %s
    """
        .formatted(kind, name, parent, rest.indent(2));
  }

  private static Produce produce(String yaml) {
    return new Produce()
        .with(Inputs.service("web") + Inputs.service("db") + yaml)
        .node("e", Inputs.gateway("edge"))
        .node("n", Inputs.sidecar("default", "web"))
        .translate();
  }

  private static String condition(Produce produce, ObjectKey key, String listener, String type) {
    for (Verdict.Part part : produce.verdict(key).parts()) {
      if (part instanceof Verdict.ListenerPart one && one.name().equals(listener)) {
        return Produce.claim(one.claims(), type);
      }
    }
    throw new AssertionError("no listener " + listener);
  }

  private static final ObjectKey EDGE = ObjectKey.of(Kind.GATEWAY, "edge");
  private static final String HTTPS =
      """
      - {name: a, port: 8443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: a}]}}
      - {name: b, port: 8443, protocol: HTTPS, hostname: "*.b.example", tls: {certificateRefs: [{name: b}]}}
      """;

  private static DownstreamTlsContext tls(TransportSocket socket) {
    try {
      return socket.getTypedConfig().unpack(DownstreamTlsContext.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static TcpProxy tcp(FilterChain chain) {
    try {
      return chain.getFilters(0).getTypedConfig().unpack(TcpProxy.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void showsEachServerNameItsCertificateByName() {
    Produce produce =
        produce(
            secret("a", "default")
                + secret("b", "default")
                + gateway(HTTPS)
                + route(
                    "HTTPRoute",
                    "r",
                    "{name: edge}",
                    "rules: [{backendRefs: [{name: web, port: 80}]}]"));
    Listener listener = produce.listener("gateway/default/edge/8443");
    assertThat(listener.getListenerFilters(0).getName())
        .isEqualTo("envoy.filters.listener.tls_inspector");
    assertThat(listener.getFilterChainsList())
        .extracting(chain ->
            chain.getFilterChainMatch().getServerNamesList()
                + " "
                + tls(chain.getTransportSocket())
                    .getCommonTlsContext()
                    .getTlsCertificateSdsSecretConfigs(0)
                    .getName())
        .containsExactly("[a.example] secret/default/a", "[*.b.example] secret/default/b");
    assertThat(
            tls(listener.getFilterChains(0).getTransportSocket())
                .getCommonTlsContext()
                .getAlpnProtocolsList())
        .containsExactly("h2", "http/1.1");
    // The key itself is in the secret, and nowhere else.
    assertThat(listener.toString()).doesNotContain("PRIVATE");
    assertThat(
            produce
                .secret("secret/default/a")
                .getTlsCertificate()
                .getPrivateKey()
                .getInlineBytes()
                .toStringUtf8())
        .contains("PRIVATE KEY");
    assertThat(produce.routes("gateway/default/edge/8443").getVirtualHostsList())
        .extracting(host -> host.getName() + " " + host.getRoutesCount())
        .containsExactly("*.b.example 1", "a.example 1");
  }

  @Test
  void givesSecretsToTheProxiesOfTheGatewayThatNamesThemAlone() {
    Produce produce =
        produce(
            secret("a", "default")
                + secret("b", "default")
                + secret("c", "default")
                + gateway(HTTPS));
    assertThat(
            produce.present.values().stream()
                .filter(p -> p.resource().type() == ResourceType.SECRET)
                .map(p -> p.scope() + " " + p.resource().name()))
        .containsExactlyInAnyOrder(
            Names.gateway(EDGE) + " secret/default/a", Names.gateway(EDGE) + " secret/default/b");
    produce.translator.remove(EDGE);
    produce.translate();
    assertThat(produce.present.values()).noneMatch(p -> p.resource().type() == ResourceType.SECRET);
  }

  @Test
  void aNewCertificateTouchesNoListener() {
    Produce produce = produce(secret("a", "default") + secret("b", "default") + gateway(HTTPS));
    produce.with(secret("a", "default")).translate();
    assertThat(produce.last.put())
        .extracting(p -> p.resource().type() + " " + p.resource().name())
        .containsExactly("SECRET secret/default/a");
  }

  @Test
  void aListenerWithoutItsCertificateIsNotInForceAndTheOthersAre() {
    Produce produce = produce(secret("b", "default") + gateway(HTTPS));
    assertThat(produce.listener("gateway/default/edge/8443").getFilterChainsList())
        .extracting(FilterChain::getName)
        .containsExactly("*.b.example");
    assertThat(condition(produce, EDGE, "a", Verdict.RESOLVED_REFS))
        .isEqualTo("false InvalidCertificateRef: Secret default/a does not exist");
    assertThat(condition(produce, EDGE, "b", Verdict.RESOLVED_REFS)).startsWith("true");
    assertThat(Produce.claim(produce.verdict(EDGE).claims(), Verdict.ACCEPTED))
        .startsWith("true ListenersNotValid");
    produce.with(secret("a", "default")).translate();
    assertThat(produce.listener("gateway/default/edge/8443").getFilterChainsCount()).isEqualTo(2);
    assertThat(Produce.claim(produce.verdict(EDGE).claims(), Verdict.ACCEPTED))
        .startsWith("true Accepted");
  }

  @Test
  void aCertificateOfAnotherNamespaceWantsAGrant() {
    String gateway =
        gateway(
            "- {name: a, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: a, namespace:"
                + " keys}]}}");
    Produce produce = produce(secret("a", "keys") + gateway);
    assertThat(condition(produce, EDGE, "a", Verdict.RESOLVED_REFS))
        .startsWith("false RefNotPermitted: Secret keys/a");
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/8443")).isFalse();
    produce
        .with(
            """
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: ReferenceGrant
            metadata: {name: g, namespace: keys}
            spec:
              from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: default}]
              to: [{group: "", kind: Secret}]
            """)
        .translate();
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/8443")).isTrue();
    assertThat(produce.has(ResourceType.SECRET, "secret/keys/a")).isTrue();
  }

  @Test
  void passesTlsThroughByServerName() {
    Produce produce =
        produce(
            gateway(
                    "- {name: tls, port: 8443, protocol: TLS, hostname: \"*.example\", tls: {mode:"
                        + " Passthrough}}")
                + route(
                    "TLSRoute",
                    "r",
                    "{name: edge}",
                    """
                    hostnames: [db.example, web.test]
                    rules: [{backendRefs: [{name: db, port: 80, weight: 3}, {name: no, port: 1}]}]\
                    """));
    FilterChain chain = produce.listener("gateway/default/edge/8443").getFilterChains(0);
    assertThat(chain.getFilterChainMatch().getServerNamesList()).containsExactly("db.example");
    assertThat(chain.hasTransportSocket()).isFalse();
    assertThat(tcp(chain).getWeightedClusters().getClustersList())
        .extracting(c -> c.getName() + " " + c.getWeight())
        .containsExactly("default/db 3", "unresolved 1");
    assertThat(
            produce.present.values().stream()
                .filter(p -> p.scope().equals(Names.gateway(EDGE)))
                .map(p -> p.resource().name()))
        .containsExactly("default/db");
    assertThat(condition(produce, EDGE, "tls", Verdict.ACCEPTED)).startsWith("true");
  }

  @Test
  void handsAPortToTheOldestTcpRoute() {
    String gateway = gateway("- {name: tcp, port: 9000, protocol: TCP}");
    Produce produce = produce(gateway);
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/9000")).isFalse();
    String rule = "rules: [{backendRefs: [{name: %s, port: 80}]}]";
    produce
        .with(
            route("TCPRoute", "first", "{name: edge, port: 9000}", rule.formatted("db"))
                + route("TCPRoute", "second", "{name: edge, port: 9000}", rule.formatted("web")))
        .translate();
    assertThat(tcp(produce.listener("gateway/default/edge/9000").getFilterChains(0)).getCluster())
        .isEqualTo("default/db");
    assertThat(produce.verdict(EDGE).parts())
        .first()
        .isInstanceOfSatisfying(
            Verdict.ListenerPart.class,
            part -> {
              assertThat(part.attachedRoutes()).isEqualTo(2);
              assertThat(part.supportedKinds()).containsExactly(Kind.TCP_ROUTE);
            });
  }

  @Test
  void endsTlsInFrontOfTcp() {
    Produce produce =
        produce(
            secret("a", "default")
                + gateway(
                    "- {name: t, port: 9443, protocol: TLS, tls: {mode: Terminate, certificateRefs:"
                        + " [{name: a}]}}")
                + route(
                    "TCPRoute",
                    "r",
                    "{name: edge}",
                    "rules: [{backendRefs: [{name: db, port: 80}]}]"));
    FilterChain chain = produce.listener("gateway/default/edge/9443").getFilterChains(0);
    assertThat(chain.hasTransportSocket()).isTrue();
    assertThat(tls(chain.getTransportSocket()).getCommonTlsContext().getAlpnProtocolsList())
        .isEmpty();
    assertThat(tcp(chain).getCluster()).isEqualTo("default/db");
  }

  @Test
  void ofProtocolsThatCannotShareAPortNoneIsInForce() {
    Produce produce =
        produce(
            secret("a", "default")
                + gateway(
                    """
                    - {name: plain, port: 8080, protocol: HTTP}
                    - {name: tcp, port: 8080, protocol: TCP}
                    - {name: other, port: 8081, protocol: HTTP}
                    """));
    for (String name : List.of("plain", "tcp")) {
      assertThat(condition(produce, EDGE, name, Verdict.CONFLICTED))
          .startsWith("true ProtocolConflict: port 8080");
      assertThat(condition(produce, EDGE, name, Verdict.ACCEPTED)).startsWith("false");
    }
    assertThat(condition(produce, EDGE, "other", Verdict.CONFLICTED))
        .startsWith("false NoConflicts");
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/8080")).isFalse();
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/8081")).isTrue();
  }

  private static String set(String name, String listener) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: ListenerSet
    metadata: {name: %s, namespace: team}
    spec:
      parentRef: {name: edge, namespace: default}
      listeners: [%s]
    """
        .formatted(name, listener);
  }

  /** GEP-1713: the Gateway's own listeners first, then those of the older sets. */
  @Test
  void addsListenersOfSetsUnlessAnEarlierOneHasTheirPlace() {
    Produce produce =
        produce(
            gateway("- {name: http, port: 8000, protocol: HTTP, hostname: a.example}")
                + set("old", "{name: x, port: 8000, protocol: HTTP, hostname: b.example}")
                + set("young", "{name: x, port: 8000, protocol: HTTP, hostname: b.example}")
                + route(
                        "HTTPRoute",
                        "r",
                        "{kind: ListenerSet, name: old}",
                        "rules: [{backendRefs: [{name: web, port: 80}]}]")
                    .replace("{name: r}", "{name: r, namespace: team}"));
    ObjectKey old = new ObjectKey(Kind.LISTENER_SET, "team", "old");
    ObjectKey young = new ObjectKey(Kind.LISTENER_SET, "team", "young");
    assertThat(condition(produce, old, "x", Verdict.CONFLICTED)).startsWith("false");
    assertThat(condition(produce, young, "x", Verdict.CONFLICTED))
        .startsWith("true HostnameConflict");
    assertThat(Produce.claim(produce.verdict(young).claims(), Verdict.ACCEPTED))
        .startsWith("false ListenersNotValid");
    assertThat(produce.routes("gateway/default/edge/8000").getVirtualHostsList())
        .extracting(host -> host.getName() + " " + host.getRoutesCount())
        .containsExactly("a.example 0", "b.example 1");
    produce.translator.remove(old);
    produce.translate();
    assertThat(condition(produce, young, "x", Verdict.CONFLICTED)).startsWith("false");
  }

  @Test
  void aSetWantsAGatewayThatAdmitsIt() {
    String set = set("more", "{name: x, port: 8001, protocol: HTTP}");
    ObjectKey key = new ObjectKey(Kind.LISTENER_SET, "team", "more");
    Produce produce = produce(set);
    assertThat(Produce.claim(produce.verdict(key).claims(), Verdict.ACCEPTED))
        .startsWith("false ParentNotAccepted");
    produce
        .with(
            gateway("- {name: http, port: 8000, protocol: HTTP}")
                .replace("{from: All}", "{from: Same}"))
        .translate();
    assertThat(Produce.claim(produce.verdict(key).claims(), Verdict.ACCEPTED))
        .startsWith("false NotAllowed");
    assertThat(produce.has(ResourceType.LISTENER, "gateway/default/edge/8001")).isFalse();
  }

  @Test
  void saysOfEachParentWhetherTheRouteIsAttached() {
    Produce produce =
        produce(
            gateway(
                    """
                    - {name: http, port: 8000, protocol: HTTP}
                    - {name: only, port: 8001, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}
                    """)
                + route(
                    "HTTPRoute",
                    "r",
                    "{name: edge, sectionName: http}, {name: edge, sectionName: only}",
                    "rules: [{backendRefs: [{name: web, port: 80}]}]"));
    assertThat(produce.verdict(Kind.HTTP_ROUTE, "r").parts())
        .extracting(part -> Produce.claim(part.claims(), Verdict.ACCEPTED))
        .containsExactly(
            "true Accepted: attached",
            "false NotAllowedByListeners: Gateway default/edge does not admit a HTTPRoute of this"
                + " namespace");
  }
}
