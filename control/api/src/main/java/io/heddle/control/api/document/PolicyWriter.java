package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.ActiveCheck;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Balancing;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashKey;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashType;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.LoadBalancer;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.TelemetryPolicySpec;

/** Writes the specs of policies as trees; what is not stated is left out. */
final class PolicyWriter {
  private PolicyWriter() {}

  static void write(ObjectNode tree, PolicySpec policy) {
    for (PolicySpec.Target target : policy.targets()) {
      ObjectNode item = tree.withArray("targetRefs").addObject();
      item.put("group", target.kind().group())
          .put("kind", target.kind().kindName())
          .put("name", target.name());
      ObjectWriter.putText(item, "sectionName", target.sectionName());
    }
    tree.put("mode", policy.mode().text());
    switch (policy) {
      case BackendTrafficPolicySpec backend -> backend(tree, backend);
      case ClientTrafficPolicySpec client -> client(tree, client);
      case TelemetryPolicySpec telemetry -> telemetry(tree, telemetry.accessLog());
    }
  }

  private static void backend(ObjectNode tree, BackendTrafficPolicySpec policy) {
    LoadBalancer balancer = policy.loadBalancer();
    if (balancer.type() != Balancing.UNSET) {
      ObjectNode out = tree.putObject("loadBalancer").put("type", balancer.type().text());
      if (balancer.hash().type() != HashType.NONE) {
        hash(out.putObject("consistentHash"), balancer.hash());
      }
      RouteWriter.timeout(out, "/slowStart", "window", balancer.slowStart());
    }
    if (policy.panicThreshold() >= 0) {
      tree.putObject("healthCheck").put("panicThreshold", policy.panicThreshold());
    }
    passive(tree, policy.passive());
    active(tree, policy.active());
    BackendTrafficPolicySpec.CircuitBreaker breaker = policy.breaker();
    number(tree, "/circuitBreaker", "maxConnections", breaker.connections());
    number(tree, "/circuitBreaker", "maxPendingRequests", breaker.pendingRequests());
    number(tree, "/circuitBreaker", "maxParallelRequests", breaker.parallelRequests());
    number(tree, "/circuitBreaker", "maxParallelRetries", breaker.parallelRetries());
    number(tree, "/circuitBreaker", "maxRequestsPerConnection", breaker.requestsPerConnection());
    BackendTrafficPolicySpec.Timeouts timeouts = policy.timeouts();
    RouteWriter.timeout(tree, "/timeout/tcp", "connectTimeout", timeouts.connect());
    RouteWriter.timeout(tree, "/timeout/http", "connectionIdleTimeout", timeouts.connectionIdle());
    RouteWriter.timeout(
        tree, "/timeout/http", "maxConnectionDuration", timeouts.connectionDuration());
    RouteWriter.timeout(tree, "/timeout/http", "requestTimeout", timeouts.request());
    RouteWriter.timeout(tree, "/timeout/http", "maxStreamDuration", timeouts.stream());
    GovernanceWriter.write(tree, policy);
  }

  private static void passive(ObjectNode tree, BackendTrafficPolicySpec.Passive passive) {
    if (!passive.stated()) {
      return;
    }
    String at = "/healthCheck/passive";
    tree.withObject(at);
    if (passive.split()) {
      tree.withObject(at).put("splitExternalLocalOriginErrors", true);
    }
    RouteWriter.timeout(tree, at, "interval", passive.interval());
    RouteWriter.timeout(tree, at, "baseEjectionTime", passive.baseEjection());
    number(tree, at, "maxEjectionPercent", passive.mostEjected());
    if (!passive.alwaysOne()) {
      tree.withObject(at).put("alwaysEjectOneEndpoint", false);
    }
    number(tree, at, "consecutive5XxErrors", passive.consecutive5xx());
    number(tree, at, "consecutiveGatewayErrors", passive.consecutiveGatewayErrors());
    number(tree, at, "consecutiveLocalOriginFailures", passive.consecutiveLocalFailures());
    number(tree, at, "failurePercentageThreshold", passive.failurePercentage());
  }

  private static void active(ObjectNode tree, ActiveCheck active) {
    String at = "/healthCheck/active";
    switch (active.asked()) {
      case ActiveCheck.Asked.Nothing _ -> {
        return;
      }
      case ActiveCheck.Asked.Http http -> {
        ObjectNode out = tree.withObject(at).put("type", "HTTP").putObject("http");
        ObjectWriter.putText(out, "hostname", http.hostname());
        out.put("path", http.path());
        ObjectWriter.putText(out, "method", http.method());
        http.statuses().forEach(status -> out.withArray("expectedStatuses").add(status));
        payload(out, "expectedResponse", http.response());
      }
      case ActiveCheck.Asked.Tcp tcp -> {
        ObjectNode out = tree.withObject(at).put("type", "TCP").putObject("tcp");
        payload(out, "send", tcp.send());
        payload(out, "receive", tcp.receive());
      }
      case ActiveCheck.Asked.Grpc grpc ->
          ObjectWriter.putText(
              tree.withObject(at).put("type", "GRPC").putObject("grpc"), "service", grpc.service());
    }
    RouteWriter.timeout(tree, at, "timeout", active.timeout());
    RouteWriter.timeout(tree, at, "interval", active.interval());
    RouteWriter.timeout(tree, at, "initialJitter", active.jitter());
    number(tree, at, "unhealthyThreshold", active.unhealthyAfter());
    number(tree, at, "healthyThreshold", active.healthyAfter());
  }

  private static void payload(ObjectNode out, String field, ActiveCheck.Payload payload) {
    switch (payload.type()) {
      case NONE -> {}
      case TEXT -> out.putObject(field).put("type", "Text").put("text", payload.value());
      case BINARY -> out.putObject(field).put("type", "Binary").put("binary", payload.value());
    }
  }

  /** Below zero it is not stated. */
  private static void number(ObjectNode tree, String at, String field, int number) {
    if (number >= 0) {
      tree.withObject(at).put(field, number);
    }
  }

  private static void hash(ObjectNode out, HashKey hash) {
    out.put("type", hash.type().text());
    switch (hash.type()) {
      case NONE, SOURCE_IP -> out.remove("name");
      case HEADER -> out.putObject("header").put("name", hash.name());
      case QUERY_PARAM -> out.putObject("queryParam").put("name", hash.name());
      case COOKIE -> {
        out.putObject("cookie").put("name", hash.name());
        RouteWriter.timeout(out, "/cookie", "ttl", hash.ttl());
      }
    }
    if (hash.tableSize() > 0) {
      out.put("tableSize", hash.tableSize());
    }
  }

  private static void client(ObjectNode tree, ClientTrafficPolicySpec policy) {
    ClientTrafficPolicySpec.Timeouts timeouts = policy.timeouts();
    RouteWriter.timeout(
        tree, "/timeout/http", "requestReceivedTimeout", timeouts.requestReceived());
    RouteWriter.timeout(tree, "/timeout/http", "idleTimeout", timeouts.idle());
    RouteWriter.timeout(tree, "/timeout/http", "streamIdleTimeout", timeouts.streamIdle());
    RouteWriter.timeout(tree, "/timeout/tcp", "idleTimeout", timeouts.tcpIdle());
    if (policy.bufferLimit() > 0) {
      tree.putObject("connection").put("bufferLimit", String.valueOf(policy.bufferLimit()));
    }
    if (policy.underscores() != ClientTrafficPolicySpec.Underscores.UNSET) {
      tree.putObject("headers").put("withUnderscoresAction", policy.underscores().text());
    }
    if (policy.escapedSlashes() != ClientTrafficPolicySpec.EscapedSlashes.UNSET) {
      tree.withObject("/path").put("escapedSlashesAction", policy.escapedSlashes().text());
    }
    if (policy.keepSlashes()) {
      tree.withObject("/path").put("disableMergeSlashes", true);
    }
    if (policy.trustedHops() > 0) {
      tree.withObject("/clientIPDetection/xForwardedFor")
          .put("numTrustedHops", policy.trustedHops());
    }
    ClientTrafficPolicySpec.Http2 http2 = policy.http2();
    bytes(tree, "initialStreamWindowSize", http2.streamWindow());
    bytes(tree, "initialConnectionWindowSize", http2.connectionWindow());
    if (http2.concurrentStreams() > 0) {
      tree.withObject("/http2").put("maxConcurrentStreams", http2.concurrentStreams());
    }
    ClientTrafficPolicySpec.TlsLimits tls = policy.tls();
    if (!tls.least().isEmpty()) {
      tree.withObject("/tls").put("minVersion", tls.least());
    }
    if (!tls.most().isEmpty()) {
      tree.withObject("/tls").put("maxVersion", tls.most());
    }
    tls.ciphers().forEach(name -> tree.withObject("/tls").withArray("ciphers").add(name));
    tls.alpn().forEach(name -> tree.withObject("/tls").withArray("alpnProtocols").add(name));
  }

  private static void bytes(ObjectNode tree, String field, int bytes) {
    if (bytes > 0) {
      tree.withObject("/http2").put(field, String.valueOf(bytes));
    }
  }

  private static void telemetry(ObjectNode tree, TelemetryPolicySpec.AccessLog log) {
    if (log.disabled()) {
      tree.withObject("/accessLog").put("disable", true);
    }
    if (!log.text().isEmpty()) {
      tree.withObject("/accessLog/format").put("type", "Text").put("text", log.text());
    }
    if (!log.json().isEmpty()) {
      ObjectNode json = tree.withObject("/accessLog/format").put("type", "JSON").putObject("json");
      log.json().forEach(json::put);
    }
  }
}
