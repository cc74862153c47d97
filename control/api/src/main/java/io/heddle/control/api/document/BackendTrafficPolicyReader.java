package io.heddle.control.api.document;

import io.heddle.control.api.resource.ActiveCheck;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Balancing;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.CircuitBreaker;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Connection;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashKey;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashType;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.LoadBalancer;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Passive;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.RetryBudget;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Timeouts;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.PolicySpec.Mode;
import io.heddle.control.api.resource.PolicySpec.Target;
import io.heddle.control.api.resource.RouteTimeout;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads the spec of a {@code BackendTrafficPolicy}. */
final class BackendTrafficPolicyReader {
  private static final int MOST_TABLE = 5_000_011;
  private static final List<Kind> TARGETS =
      List.of(Kind.SERVICE, Kind.HTTP_ROUTE, Kind.GRPC_ROUTE, Kind.GATEWAY, Kind.LISTENER_SET);
  private static final Map<String, Balancing> TYPES =
      PolicyReader.choices(Balancing.values(), Balancing::text);
  private static final Map<String, Function<Fields, HashKey>> HASHES = hashes();

  private BackendTrafficPolicyReader() {}

  private static Map<String, Function<Fields, HashKey>> hashes() {
    Map<String, Function<Fields, HashKey>> forms = new LinkedHashMap<>();
    forms.put(
        HashType.SOURCE_IP.text(), _ -> new HashKey(HashType.SOURCE_IP, "", RouteTimeout.UNSET, 0));
    forms.put(HashType.HEADER.text(), hash -> named(hash, HashType.HEADER, "header"));
    forms.put(HashType.QUERY_PARAM.text(), hash -> named(hash, HashType.QUERY_PARAM, "queryParam"));
    forms.put(
        HashType.COOKIE.text(),
        hash -> {
          Fields cookie = hash.neededMapping("cookie", "the cookie that is hashed");
          String name = cookie.neededText("name", Syntax.TOKEN);
          RouteTimeout ttl = HttpRouteReader.timeout(cookie, "ttl");
          cookie.notYet("attributes");
          cookie.end();
          return new HashKey(HashType.COOKIE, name, ttl, 0);
        });
    return forms;
  }

  private static HashKey named(Fields hash, HashType type, String field) {
    Fields body = hash.neededMapping(field, "what is hashed");
    String name = body.neededText("name", Syntax.HEADER_NAME);
    body.end();
    return new HashKey(type, name, RouteTimeout.UNSET, 0);
  }

  static BackendTrafficPolicySpec read(Fields spec) {
    List<Target> targets = PolicyReader.targets(spec, TARGETS);
    Mode mode = PolicyReader.mode(spec);
    LoadBalancer balancer = balancer(spec);
    Fields health = spec.mapping("healthCheck");
    int panic = health.integer("panicThreshold", 0, 100, -1);
    Passive passive = HealthFieldsReader.passive(health);
    ActiveCheck active = HealthFieldsReader.active(health);
    health.end();
    CircuitBreaker breaker = breaker(spec.mapping("circuitBreaker"));
    Timeouts timeouts = timeouts(spec.mapping("timeout"));
    Retry retry = GovernanceReader.retry(spec);
    Faults faults = GovernanceReader.faults(spec);
    Connection connection = GovernanceReader.connection(spec);
    spec.notYet(
        "targetSelectors",
        "rateLimit",
        "proxyProtocol",
        "dns",
        "http2",
        "compression",
        "compressor",
        "responseOverride",
        "mergeType",
        "useClientProtocol",
        "telemetry");
    spec.end();
    BackendTrafficPolicySpec read =
        new BackendTrafficPolicySpec(
            targets,
            mode,
            balancer,
            panic,
            timeouts,
            breaker,
            passive,
            retry,
            faults,
            connection,
            active);
    boolean services = targets.stream().allMatch(target -> target.kind() == Kind.SERVICE);
    if (!services && read.ofServicesOnly()) {
      spec.wrong(
          "targetRefs",
          "a target that is no Service, with more than what is a route's",
          "Services alone, as balancing and connections are a Service's");
    }
    return read;
  }

  private static CircuitBreaker breaker(Fields breaker) {
    int connections = breaker.integer("maxConnections", 0, Integer.MAX_VALUE, -1);
    int pending = breaker.integer("maxPendingRequests", 0, Integer.MAX_VALUE, -1);
    int requests = breaker.integer("maxParallelRequests", 0, Integer.MAX_VALUE, -1);
    int retries = breaker.integer("maxParallelRetries", 0, Integer.MAX_VALUE, -1);
    int each = breaker.integer("maxRequestsPerConnection", 0, Integer.MAX_VALUE, -1);
    RetryBudget budget = GovernanceReader.budget(breaker);
    breaker.notYet("perEndpoint");
    breaker.end();
    if (retries >= 0 && budget.stated()) {
      breaker.wrong("maxParallelRetries", "beside retryBudget", "one of the two");
    }
    return new CircuitBreaker(connections, pending, requests, retries, each, budget);
  }

  private static LoadBalancer balancer(Fields spec) {
    boolean stated = spec.has("loadBalancer");
    Fields balancer = spec.mapping("loadBalancer");
    Balancing type = balancer.choice("type", TYPES, Balancing.UNSET);
    boolean hashed = balancer.states("consistentHash");
    Fields hash = balancer.mapping("consistentHash");
    HashKey key = hashKey(hash, hashed);
    Fields slow = balancer.mapping("slowStart");
    RouteTimeout window = HttpRouteReader.timeout(slow, "window");
    slow.end();
    balancer.notYet("zoneAware", "endpointOverride");
    balancer.end();
    if (!stated) {
      return LoadBalancer.NONE;
    }
    if (balancer.states("consistentHash") != (type == Balancing.CONSISTENT_HASH)) {
      balancer.wrong(
          "consistentHash",
          hashed ? "beside type " + type.text() : "missing",
          hashed ? "left out, or type ConsistentHash" : "what is hashed");
    }
    if (window instanceof RouteTimeout.After
        && type != Balancing.LEAST_REQUEST
        && type != Balancing.ROUND_ROBIN) {
      balancer.wrong(
          "slowStart", "with type " + type.text(), "left out, or LeastRequest or RoundRobin");
    }
    if (type == Balancing.UNSET && balancer.states("slowStart")) {
      balancer.wrong("type", "missing", "one of " + String.join(", ", TYPES.keySet()));
    }
    return new LoadBalancer(type, key, window);
  }

  private static HashKey hashKey(Fields hash, boolean stated) {
    HashKey key = hash.variantIf(stated, "type", HASHES).orElse(HashKey.NONE);
    int size = hash.integer("tableSize", 2, MOST_TABLE, 0);
    hash.notYet("headers");
    hash.end();
    if (size > 0 && !BigInteger.valueOf(size).isProbablePrime(50)) {
      hash.wrong("tableSize", String.valueOf(size), "a prime number");
    }
    return new HashKey(key.type(), key.name(), key.ttl(), size);
  }

  private static Timeouts timeouts(Fields timeout) {
    Fields tcp = timeout.mapping("tcp");
    RouteTimeout connect = HttpRouteReader.timeout(tcp, "connectTimeout");
    tcp.end();
    Fields http = timeout.mapping("http");
    RouteTimeout idle = HttpRouteReader.timeout(http, "connectionIdleTimeout");
    RouteTimeout duration = HttpRouteReader.timeout(http, "maxConnectionDuration");
    RouteTimeout request = HttpRouteReader.timeout(http, "requestTimeout");
    RouteTimeout stream = HttpRouteReader.timeout(http, "maxStreamDuration");
    http.end();
    timeout.end();
    if (connect instanceof RouteTimeout.Disabled) {
      tcp.wrong("connectTimeout", "0s", "at least 1ms");
    }
    return new Timeouts(connect, idle, duration, request, stream);
  }
}
