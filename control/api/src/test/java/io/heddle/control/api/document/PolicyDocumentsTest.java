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
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            """
            retry:
                numRetries: 3
                retryOn: {triggers: [5xx, reset, retriable-status-codes], httpStatusCodes: [429, 503]}
                perRetry: {timeout: 250ms, backOff: {baseInterval: 10ms, maxInterval: 1s}}
              circuitBreaker: {retryBudget: {percent: {numerator: 1, denominator: 3}, minRetryConcurrency: 0}}
              timeout: {http: {maxStreamDuration: 1h}}
              connection: {bufferLimit: 64Ki, preconnect: {perEndpointPercent: 150}}
              tcpKeepalive: {probes: 3, idleTime: 1m, interval: 5s}
              requestBuffer: {limit: 1Mi}
              faultInjection:
                delay: {fixedDelay: 2s, percentage: 12.5}
                abort: {httpStatus: 503, percentage: 0.0001}
            """));
    readsBack(policy("BackendTrafficPolicy", SERVICE, "retry: {numRetries: 0}"));
    readsBack(policy("BackendTrafficPolicy", SERVICE, "tcpKeepalive: {}"));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            """
            healthCheck:
                passive: {alwaysEjectOneEndpoint: false}
                active:
                  {type: HTTP, timeout: 2s, interval: 5s, initialJitter: 1s, unhealthyThreshold: 4, healthyThreshold: 2, http: {hostname: a.test, path: /healthz, method: HEAD, expectedStatuses: [200, 204], expectedResponse: {type: Text, text: ok}}}
            """));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            "circuitBreaker: {retryBudget: {percent: {numerator: 0}}}"));
    readsBack(
        policy("BackendTrafficPolicy", SERVICE, "faultInjection: {abort: {httpStatus: 500}}"));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            "healthCheck: {active: {type: TCP, tcp: {send: {type: Text, text: ping}, receive:"
                + " {type: Binary, binary: cG9uZw==}}}}"));
    readsBack(
        policy(
            "BackendTrafficPolicy",
            SERVICE,
            "healthCheck: {active: {type: GRPC, grpc: {service: shop.Catalog}}}"));
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
        "Backend | 'healthCheck: {active: {}}' | active.type: missing",
        "Backend | 'healthCheck: {active: {type: HTTP}}' | active.http: missing",
        "Backend | 'healthCheck: {active: {type: HTTP, http: {path: x}}}' | an absolute path",
        "Backend | 'healthCheck: {active: {type: HTTP, http: {path: /, retriableStatuses: [500]}}}'"
            + " | http.retriableStatuses: not supported yet",
        "Backend | 'healthCheck: {active: {type: TCP, tcp: {send: {type: Text, text: a}}}}' |"
            + " tcp.receive: missing",
        "Backend | 'healthCheck: {active: {type: GRPC, interval: 0s}}' | active.interval: 0s",
        "Backend | 'healthCheck: {active: {type: GRPC, overrides: {port: 1}}}' |"
            + " active.overrides: not supported yet",
        "Backend | 'circuitBreaker: {perEndpoint: {}}' | circuitBreaker.perEndpoint: not supported"
            + " yet",
        "Backend | 'healthCheck: {passive: {interval: 0s}}' | passive.interval: 0s",
        "Backend | 'healthCheck: {passive: {consecutiveLocalOriginFailures: 1}}' | without split",
        "Backend | 'timeout: {tcp: {connectTimeout: 0s}}' | tcp.connectTimeout: 0s",
        "Backend | 'retry: {numRetries: 11}' | retry.numRetries: 11 (expected: a whole number, 0 to"
            + " 10)",
        "Backend | 'retry: {numAttemptsPerPriority: 1}' | numAttemptsPerPriority: not supported"
            + " yet",
        "Backend | 'retry: {retryOn: {triggers: [always]}}' | triggers[0]: \"always\" (expected:"
            + " one of 5xx",
        "Backend | 'retry: {retryOn: {triggers: [5xx, 5xx]}}' | one that stands twice",
        "Backend | 'retry: {retryOn: {triggers: [retriable-status-codes]}}' | without"
            + " httpStatusCodes",
        "Backend | 'retry: {retryOn: {triggers: [5xx], httpStatusCodes: [409]}}' | without the"
            + " trigger",
        "Backend | 'retry: {perRetry: {backOff: {maxInterval: 1s}}}' | maxInterval: without a base",
        "Backend | 'retry: {perRetry: {backOff: {baseInterval: 0s}}}' | baseInterval: 0s",
        "Backend | 'circuitBreaker: {retryBudget: {}}' | retryBudget.percent: missing",
        "Backend | 'circuitBreaker: {retryBudget: {percent: {numerator: 101}}}' | numerator: 101",
        "Backend | 'circuitBreaker: {maxParallelRetries: 1, retryBudget: {percent: {numerator:"
            + " 1}}}' | maxParallelRetries: beside retryBudget",
        "Backend | 'faultInjection: {}' | faultInjection: neither delay nor abort",
        "Backend | 'faultInjection: {delay: {}}' | delay.fixedDelay: missing or 0s",
        "Backend | 'faultInjection: {abort: {}}' | abort.httpStatus: missing, as grpcStatus is",
        "Backend | 'faultInjection: {abort: {grpcStatus: 14}}' | grpcStatus: not supported yet",
        "Backend | 'faultInjection: {abort: {httpStatus: 500, percentage: 100.1}}' | percentage: ",
        "Backend | 'faultInjection: {abort: {httpStatus: 500, percentage: 0.00001}}' | percentage:"
            + " ",
        "Backend | 'faultInjection: {abort: {httpStatus: 500, percentage: -1}}' | percentage: ",
        "Backend | 'tcpKeepalive: {idleTime: 1500ms}' | idleTime: 1500ms (expected: whole seconds",
        "Backend | 'connection: {socketBufferLimit: 1Mi}' | socketBufferLimit: not supported yet",
        "Backend | 'connection: {preconnect: {perEndpointPercent: 99}}' | perEndpointPercent: 99",
        "Backend | 'requestBuffer: {}' | requestBuffer.limit: missing",
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
    for (String refused :
        new String[] {
          "connection: {bufferLimit: 64Ki}",
          "tcpKeepalive: {}",
          "timeout: {tcp: {connectTimeout: 1s}}"
        }) {
      assertThat(ObjectParser.parse("x", policy("BackendTrafficPolicy", GATEWAY, refused)).errors())
          .as(refused)
          .hasSize(1);
    }
    for (String allowed :
        new String[] {
          "timeout: {http: {requestTimeout: 1s, maxStreamDuration: 1h}}",
          "retry: {}",
          "faultInjection: {delay: {fixedDelay: 1s}}",
          "requestBuffer: {limit: 1Ki}"
        }) {
      assertThat(ObjectParser.parse("x", policy("BackendTrafficPolicy", GATEWAY, allowed)).errors())
          .as(allowed)
          .isEmpty();
    }
  }
}
