package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Turns a {@code trafficPolicy} into the fields of our policies; what it says replaces theirs. */
final class TrafficPolicies {
  private static final String BREAKERS = "limits and breakers of a Service are not there yet";

  private TrafficPolicies() {}

  /**
   * @param policy fields of a BackendTrafficPolicy
   * @param tls {@code validation} of a BackendTLSPolicy
   */
  static void read(Source from, ObjectNode policy, ObjectNode tls) {
    if (from.has("loadBalancer")) {
      balancer(from.object("loadBalancer"), policy);
    }
    if (from.has("connectionPool")) {
      pool(from.object("connectionPool"), policy);
    }
    if (from.has("outlierDetection")) {
      outliers(from.object("outlierDetection"), policy);
    }
    if (from.has("tls")) {
      tls(from.object("tls"), tls);
    }
    from.leave("portLevelSettings", "a policy counts for all ports of its Service");
    from.leave("tunnel", "there is no tunnel to a Service");
    from.leave("proxyProtocol", "a Service is not told its callers' addresses this way yet");
    from.end();
  }

  private static void balancer(Source from, ObjectNode policy) {
    ObjectNode balancer = policy.objectNode();
    String simple = from.text("simple");
    switch (simple) {
      case "", "UNSPECIFIED" -> {}
      case "ROUND_ROBIN" -> balancer.put("type", "RoundRobin");
      case "LEAST_REQUEST", "LEAST_CONN" -> balancer.put("type", "LeastRequest");
      case "RANDOM" -> balancer.put("type", "Random");
      default -> from.leave("simple", simple + " (expected: a policy that chooses an instance)");
    }
    if (from.has("consistentHash")) {
      hash(from.object("consistentHash"), balancer);
    }
    ObjectNode slow = policy.objectNode();
    Times.put(from, "warmupDurationSecs", slow, "window");
    if (from.has("warmup")) {
      Source warmup = from.object("warmup");
      Times.put(warmup, "duration", slow, "window");
      warmup.end();
    }
    String type = balancer.path("type").asText("");
    if (!slow.isEmpty() && (type.equals("RoundRobin") || type.equals("LeastRequest"))) {
      balancer.set("slowStart", slow);
    } else if (!slow.isEmpty()) {
      String field = from.has("warmup") ? "warmup" : "warmupDurationSecs";
      from.leave(field, "only with ROUND_ROBIN or LEAST_REQUEST");
    }
    from.leave("localityLbSetting", "places are weighted by what the instances say of theirs");
    from.end();
    if (!balancer.isEmpty()) {
      policy.set("loadBalancer", balancer);
    }
  }

  private static void hash(Source from, ObjectNode balancer) {
    ObjectNode hash = balancer.objectNode();
    if (from.has("httpHeaderName")) {
      hash.put("type", "Header").putObject("header").put("name", from.text("httpHeaderName"));
    } else if (from.has("httpCookie")) {
      Source cookie = from.object("httpCookie");
      ObjectNode made = hash.put("type", "Cookie").putObject("cookie");
      made.put("name", cookie.text("name"));
      if (!cookie.text("ttl").matches("0(s|ms|m|h)?")) {
        Times.put(cookie, "ttl", made, "ttl");
      }
      cookie.leave("path", "the cookie counts for every path");
      cookie.end();
    } else if (from.has("httpQueryParameterName")) {
      hash.put("type", "QueryParam")
          .putObject("queryParam")
          .put("name", from.text("httpQueryParameterName"));
    } else if (from.flag("useSourceIp")) {
      hash.put("type", "SourceIP");
    }
    if (from.has("maglev")) {
      Source maglev = from.object("maglev");
      int size = maglev.number("tableSize", 0);
      if (size > 0 && BigInteger.valueOf(size).isProbablePrime(50)) {
        hash.put("tableSize", size);
      } else if (size > 0) {
        maglev.leave("tableSize", size + " (expected: a prime number)");
      }
      maglev.end();
    }
    from.leave("ringHash", "hosts are found by Maglev's table, not by a ring");
    from.leave("minimumRingSize", "hosts are found by Maglev's table, not by a ring");
    from.end();
    if (hash.has("type")) {
      balancer.put("type", "ConsistentHash").set("consistentHash", hash);
    }
  }

  private static void pool(Source from, ObjectNode policy) {
    ObjectNode timeout = policy.objectNode();
    Source tcp = from.object("tcp");
    ObjectNode ofTcp = policy.objectNode();
    Times.put(tcp, "connectTimeout", ofTcp, "connectTimeout");
    ObjectNode ofHttp = policy.objectNode();
    Times.put(tcp, "maxConnectionDuration", ofHttp, "maxConnectionDuration");
    tcp.leave("maxConnections", BREAKERS);
    tcp.leave("tcpKeepalive", "keep-alive of connections is the proxy's own");
    tcp.leave("idleTimeout", "it is the time of HTTP connections that can be said");
    tcp.end();
    Source http = from.object("http");
    Times.put(http, "idleTimeout", ofHttp, "connectionIdleTimeout");
    for (String limit :
        List.of(
            "http1MaxPendingRequests",
            "http2MaxRequests",
            "maxRequestsPerConnection",
            "maxRetries",
            "maxConcurrentStreams")) {
      http.leave(limit, BREAKERS);
    }
    http.leave("h2UpgradePolicy", "say `appProtocol` at the port of the Service");
    http.leave("useClientProtocol", "say `appProtocol` at the port of the Service");
    http.end();
    from.end();
    if (!ofTcp.isEmpty()) {
      timeout.set("tcp", ofTcp);
    }
    if (!ofHttp.isEmpty()) {
      timeout.set("http", ofHttp);
    }
    if (!timeout.isEmpty()) {
      policy.set("timeout", timeout);
    }
  }

  private static void outliers(Source from, ObjectNode policy) {
    ObjectNode passive = policy.objectNode();
    number(from, "consecutive5xxErrors", passive, "consecutive5XxErrors");
    number(from, "consecutiveGatewayErrors", passive, "consecutiveGatewayErrors");
    if (from.flag("splitExternalLocalOriginErrors")) {
      passive.put("splitExternalLocalOriginErrors", true);
      number(from, "consecutiveLocalOriginFailures", passive, "consecutiveLocalOriginFailures");
    } else {
      from.leave("consecutiveLocalOriginFailures", "only with splitExternalLocalOriginErrors");
    }
    // What is left out there is not what is left out here.
    passive.put("interval", "10s");
    Times.put(from, "interval", passive, "interval");
    Times.put(from, "baseEjectionTime", passive, "baseEjectionTime");
    number(from, "maxEjectionPercent", passive, "maxEjectionPercent");
    ObjectNode health = policy.withObject("/healthCheck");
    number(from, "minHealthPercent", health, "panicThreshold");
    from.end();
    health.set("passive", passive);
  }

  private static void number(Source from, String field, ObjectNode to, String name) {
    int number = from.number(field, -1);
    if (number >= 0) {
      to.put(name, number);
    }
  }

  private static void tls(Source from, ObjectNode validation) {
    validation.removeAll();
    String mode = from.text("mode");
    String why =
        switch (mode) {
          case "", "DISABLE" -> "";
          case "SIMPLE" -> from.has("credentialName") ? "" : "names no `credentialName`";
          case "ISTIO_MUTUAL" -> "certificates of the mesh itself are not there yet";
          default -> "a client certificate for a Service cannot be said yet";
        };
    List<String> names = new ArrayList<>(from.texts("subjectAltNames"));
    String hostname = from.text("sni");
    if (hostname.isEmpty()) {
      hostname = names.stream().filter(name -> !name.contains("://")).findFirst().orElse("");
    }
    if (mode.equals("SIMPLE") && why.isEmpty() && hostname.isEmpty()) {
      why = "neither `sni` nor a name of the certificate is said";
    }
    if (!why.isEmpty()) {
      from.leave("mode", mode + ": " + why + "; the Service is called without TLS");
      from.ignore(
          "credentialName",
          "clientCertificate",
          "privateKey",
          "caCertificates",
          "caCrl",
          "insecureSkipVerify");
    } else if (mode.equals("SIMPLE")) {
      String credential = from.text("credentialName");
      from.changed(
          "credentialName", "the authority is read from `ca.crt` of the ConfigMap " + credential);
      validation
          .putArray("caCertificateRefs")
          .addObject()
          .put("group", "")
          .put("kind", "ConfigMap")
          .put("name", credential);
      validation.put("hostname", hostname);
      for (String name : names) {
        boolean uri = name.contains("://");
        validation
            .withArray("subjectAltNames")
            .addObject()
            .put("type", uri ? "URI" : "Hostname")
            .put(uri ? "uri" : "hostname", name);
      }
    }
    from.end();
  }
}
