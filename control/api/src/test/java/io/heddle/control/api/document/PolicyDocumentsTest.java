package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.ResourceObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyDocumentsTest {
  private static String policy(String kind, String target, String rest) {
    return """
    apiVersion: heddle.io/v1alpha1
    kind: %s
    metadata: {name: p}
    spec:
      targetRefs: [%s]
      %s
    """
        .formatted(kind, target, rest);
  }

  private static final String GATEWAY =
      "{group: gateway.networking.k8s.io, kind: Gateway, name: edge, sectionName: http}";
  private static final String SERVICE = "{group: \"\", kind: Service, name: web}";

  private static void readsBack(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isEmpty();
    ResourceObject object = result.objects().getFirst();
    String written = ObjectWriter.toJson(object);
    assertThat(ObjectParser.parse("again", written).errors()).isEmpty();
    assertThat(ObjectParser.parse("again", written).objects()).containsExactly(object);
  }

  @Test
  void readsAndWritesEveryField() {
    readsBack(
        policy(
            "ClientTrafficPolicy",
            GATEWAY,
            """
            mode: Shadow
              timeout:
                http: {requestReceivedTimeout: 10s, idleTimeout: 1m, streamIdleTimeout: 0s}
                tcp: {idleTimeout: 5m}
              connection: {bufferLimit: 64Ki}
              headers: {withUnderscoresAction: DropHeader}
              path: {escapedSlashesAction: KeepUnchanged, disableMergeSlashes: true}
              clientIPDetection: {xForwardedFor: {numTrustedHops: 2}}
              http2: {initialStreamWindowSize: 64Ki, initialConnectionWindowSize: 1Mi, maxConcurrentStreams: 5}
              tls: {minVersion: "1.2", maxVersion: "1.3", ciphers: [ECDHE-RSA-AES128-GCM-SHA256], alpnProtocols: [h2]}
            """));
    for (String hash :
        new String[] {
          "{type: SourceIP}",
          "{type: Header, header: {name: x-user}}",
          "{type: QueryParam, queryParam: {name: q}, tableSize: 65537}",
          "{type: Cookie, cookie: {name: u, ttl: 1h}}"
        }) {
      readsBack(
          policy(
              "BackendTrafficPolicy",
              SERVICE,
              "loadBalancer: {type: ConsistentHash, consistentHash: " + hash + "}"));
    }
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            """
            loadBalancer: {type: RoundRobin, slowStart: {window: 30s}}
              healthCheck: {panicThreshold: 10}
              timeout: {tcp: {connectTimeout: 2s}, http: {connectionIdleTimeout: 0s, requestTimeout: 5s}}
            """));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            """
            circuitBreaker: {maxConnections: 5, maxPendingRequests: 0, maxParallelRequests: 7, maxParallelRetries: 1, maxRequestsPerConnection: 9}
              healthCheck:
                passive: {interval: 1s, baseEjectionTime: 2m, maxEjectionPercent: 20, consecutive5XxErrors: 0, failurePercentageThreshold: 50}
            """));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            """
            healthCheck:
                passive: {splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3, consecutiveGatewayErrors: 4}
            """));
    readsBack(policy("BackendTrafficPolicy", SERVICE, "healthCheck: {passive: {}}"));
    readsBack(policy("TelemetryPolicy", SERVICE, "accessLog: {disable: true}"));
    readsBack(
        policy(
            "TelemetryPolicy", GATEWAY, "accessLog: {format: {type: JSON, json: {a: \"%X%\"}}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Backend | 'loadBalancer: {type: Random, slowStart: {window: 1s}}' | slowStart: with type",
        "Backend | 'loadBalancer: {type: ConsistentHash}' | consistentHash: missing",
        "Backend | 'loadBalancer: {consistentHash: {type: SourceIP, tableSize: 4}}' | a prime"
            + " number",
        "Backend | 'loadBalancer: {type: Slowest}' | \"Slowest\" (expected: one of ConsistentHash,",
        "Backend | 'healthCheck: {active: {}}' | healthCheck.active: not supported yet",
        "Backend | 'circuitBreaker: {perEndpoint: {}}' | circuitBreaker.perEndpoint: not supported"
            + " yet",
        "Backend | 'healthCheck: {passive: {interval: 0s}}' | passive.interval: 0s",
        "Backend | 'healthCheck: {passive: {consecutiveLocalOriginFailures: 1}}' | without split",
        "Backend | 'timeout: {tcp: {connectTimeout: 0s}}' | tcp.connectTimeout: 0s",
        "Client | 'http2: {initialStreamWindowSize: 1Ki}' | at least 65535 bytes",
        "Client | 'tls: {minVersion: \"1.3\", maxVersion: \"1.2\"}' | tls.minVersion: 1.3",
        "Client | 'http3: {}' | spec.http3: not supported yet",
        "Telemetry | 'tracing: {}' | spec.tracing: not supported yet",
        "Telemetry | 'accessLog: {format: {type: XML}}' | \"XML\" (expected: one of JSON, Text)",
      })
  void refusesWhatCannotBe(String kind, String field, String message) {
    String target = kind.equals("Client") ? GATEWAY : SERVICE;
    ParseResult result =
        ObjectParser.parse(
            "x",
            policy(kind + (kind.equals("Telemetry") ? "" : "Traffic") + "Policy", target, field));
    assertThat(result.errors().toString()).contains(message);
  }

  @Test
  void refusesWhatOnlyAServiceCanHaveAtAGateway() {
    ParseResult result =
        ObjectParser.parse(
            "x", policy("BackendTrafficPolicy", GATEWAY, "loadBalancer: {type: Random}"));
    assertThat(result.errors().getFirst().expected()).startsWith("Services alone");
    assertThat(
            ObjectParser.parse(
                    "x",
                    policy(
                        "BackendTrafficPolicy", GATEWAY, "timeout: {http: {requestTimeout: 1s}}"))
                .errors())
        .isEmpty();
  }
}
