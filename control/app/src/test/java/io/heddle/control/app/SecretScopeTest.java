package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.heddle.testkit.TestAuthority;
import io.heddle.xds.model.ResourceType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A certificate goes to the proxies of the Gateway that names it, and to nobody who asks. */
final class SecretScopeTest {
  private static final String NAME = "secret/default/cert";

  private static String objects(TestAuthority.Issued issued) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge}
    spec:
      gatewayClassName: heddle
      listeners:
      - {name: https, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: other}
    spec:
      gatewayClassName: heddle
      listeners: [{name: http, port: 8000, protocol: HTTP}]
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: cert}
    type: kubernetes.io/tls
    stringData:
      tls.crt: |
    """
        + issued.certificatePem().indent(4)
        + "  tls.key: |\n"
        + issued.keyPem().indent(4);
  }

  private static DeltaProxy gateway(RunningPlane plane, String name) {
    DeltaProxy proxy =
        new DeltaProxy(
            plane.channel(),
            "gateway~default~" + name,
            Map.of("HEDDLE_KIND", "gateway", "HEDDLE_GATEWAY", name),
            List.of(),
            List.of(),
            resource -> "");
    proxy.subscribe(ResourceType.SECRET, List.of(NAME));
    return proxy;
  }

  @Test
  void givesACertificateToTheProxiesOfItsGatewayAlone(@TempDir Path folder)
      throws StartFailure, InvalidProtocolBufferException {
    TestAuthority.Issued issued =
        TestAuthority.create("ca").issue(TestAuthority.Wish.dns("a.example"));
    try (RunningPlane plane = new RunningPlane(folder.resolve("state"), Duration.ofSeconds(1));
        DeltaProxy edge = gateway(plane, "edge");
        DeltaProxy other = gateway(plane, "other")) {
      assertThat(plane.post("/api/v1/apply", objects(issued)).status()).isEqualTo(200);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              edge.held(ResourceType.SECRET).containsKey(NAME)
                  && !other.held(ResourceType.LISTENER).isEmpty());
      Secret secret =
          edge.held(ResourceType.SECRET).values().stream()
              .findFirst()
              .orElseThrow()
              .getResource()
              .unpack(Secret.class);
      assertThat(secret.getName()).isEqualTo(NAME);
      assertThat(secret.getTlsCertificate().getPrivateKey().getInlineBytes().toStringUtf8())
          .isEqualTo(issued.keyPem());
      assertThat(other.held(ResourceType.SECRET)).isEmpty();
      // A proxy that is of no Gateway at all has nothing to ask for either.
      assertThat(plane.get("/api/v1/status").body().toString()).doesNotContain("PRIVATE");
    }
  }
}
