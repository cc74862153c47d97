package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.heddle.control.api.resource.ActiveCheck;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.CircuitBreaker;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Connection;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Passive;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.translate.Policies.Place;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What holds for the calls of a Service, field by field as a BackendTrafficPolicy names them, and
 * where it comes from; then what routes to it state otherwise, and what policies in the mode Shadow
 * would change.
 */
public final class InForce {
  private static final String NONE = "none";
  private static final String OFF = "off";

  private final List<Setting> settings = new ArrayList<>();
  private final String source;

  /**
   * A field.
   *
   * @param from the object that states it, or {@code default}
   */
  public record Setting(String field, String value, String from) {
    public static final String DEFAULT = "default";
  }

  /**
   * All that is said of a Service.
   *
   * @param settings where no route says otherwise
   * @param routes what rules that lead to it state, and policies of these routes
   * @param shadow what would hold if policies in the mode Shadow counted
   */
  public record Answer(List<Setting> settings, List<Setting> routes, List<Setting> shadow) {
    public Answer {
      settings = List.copyOf(settings);
      routes = List.copyOf(routes);
      shadow = List.copyOf(shadow);
    }
  }

  private InForce(String source) {
    this.source = source;
  }

  /** Empty where there is no such Service among the objects. */
  public static Optional<Answer> of(Collection<ResourceObject> objects, ObjectKey service) {
    World world = new World();
    objects.forEach(world::put);
    return world
        .find(service)
        .map(object ->
            new Answer(service(world, object), routes(world, service), shadow(world, object)));
  }

  private static List<Setting> service(World world, ResourceObject service) {
    Optional<ResourceObject> policy =
        Policies.at(world, Kind.BACKEND_TRAFFIC_POLICY, new Place(service.key(), ""));
    InForce all = new InForce(policy.map(InForce::named).orElse(""));
    all.add(
        (ServiceSpec) service.spec(),
        policy
            .map(found -> (BackendTrafficPolicySpec) found.spec())
            .orElse(BackendTrafficPolicySpec.NOTHING));
    return all.settings;
  }

  private static String named(ResourceObject object) {
    return object.key().toString();
  }

  private static List<Setting> shadow(World world, ResourceObject service) {
    List<Setting> found = new ArrayList<>();
    for (ResourceObject policy :
        world.inNamespace(Kind.BACKEND_TRAFFIC_POLICY, service.key().namespace())) {
      BackendTrafficPolicySpec spec = (BackendTrafficPolicySpec) policy.spec();
      if (spec.mode() == PolicySpec.Mode.SHADOW
          && Policies.names(policy, new Place(service.key(), ""))) {
        InForce all = new InForce(named(policy));
        all.add((ServiceSpec) service.spec(), spec);
        all.settings.stream()
            .filter(setting -> !setting.from().equals(Setting.DEFAULT))
            .forEach(found::add);
      }
    }
    return found;
  }

  private static List<Setting> routes(World world, ObjectKey service) {
    List<Setting> found = new ArrayList<>();
    for (ResourceObject route : world.ofKind(Kind.HTTP_ROUTE)) {
      HttpRouteSpec spec = (HttpRouteSpec) route.spec();
      boolean led = false;
      for (int i = 0; i < spec.rules().size(); i++) {
        HttpRouteSpec.Rule rule = spec.rules().get(i);
        if (rule.backendRefs().stream()
            .anyMatch(backend -> backend.target(route.key().namespace()).equals(service))) {
          led = true;
          rule(rule, named(route) + " rule " + i, found);
        }
      }
      if (led) {
        policy(world, route, found);
      }
    }
    return found;
  }

  private static void rule(HttpRouteSpec.Rule rule, String from, List<Setting> found) {
    InForce all = new InForce(from);
    all.time("timeouts.request", rule.timeouts().request(), Duration.ZERO);
    all.time("timeouts.backendRequest", rule.timeouts().backendRequest(), Duration.ZERO);
    if (rule.retry().stated()) {
      all.put("retry.attempts", rule.retry().attempts(), true);
    }
    all.settings.stream()
        .filter(setting -> !setting.from().equals(Setting.DEFAULT))
        .forEach(found::add);
  }

  /** Of the route as a whole, or of its rules. */
  private static void policy(World world, ResourceObject route, List<Setting> found) {
    for (ResourceObject policy :
        world.inNamespace(Kind.BACKEND_TRAFFIC_POLICY, route.key().namespace())) {
      BackendTrafficPolicySpec spec = (BackendTrafficPolicySpec) policy.spec();
      for (PolicySpec.Target target : spec.targets()) {
        if (spec.mode() == PolicySpec.Mode.ENFORCE
            && target.key(route.key().namespace()).equals(route.key())) {
          String part = target.sectionName().isEmpty() ? "" : " rule " + target.sectionName();
          InForce all = new InForce(named(policy) + " at " + named(route) + part);
          all.ofRoutes(false, spec);
          all.settings.stream()
              .filter(setting -> !setting.from().equals(Setting.DEFAULT))
              .forEach(found::add);
        }
      }
    }
  }

  private void add(ServiceSpec service, BackendTrafficPolicySpec policy) {
    boolean http2 = service.ports().stream().anyMatch(ServiceSpec.Port::http2);
    ofRoutes(http2, policy);
    time("timeout.tcp.connectTimeout", policy.timeouts().connect(), Clusters.CONNECT_TIMEOUT);
    time(
        "timeout.http.connectionIdleTimeout",
        policy.timeouts().connectionIdle(),
        Clusters.MESH_IDLE_TIMEOUT);
    time(
        "timeout.http.maxConnectionDuration",
        policy.timeouts().connectionDuration(),
        Duration.ZERO);
    breaker(policy.breaker());
    balancing(policy);
    health(policy);
    connection(policy.connection());
  }

  /** What a route has. */
  private void ofRoutes(boolean http2, BackendTrafficPolicySpec policy) {
    time(
        "timeout.http.requestTimeout",
        policy.timeouts().request(),
        http2 ? Duration.ZERO : RouteProtos.DEFAULT_TIMEOUT);
    time("timeout.http.maxStreamDuration", policy.timeouts().stream(), Duration.ZERO);
    retry(policy.retry());
    faults(policy.faults());
    int buffer = policy.connection().requestBuffer();
    put("requestBuffer.limit", buffer > 0 ? String.valueOf(buffer) : OFF, buffer > 0);
  }

  private void retry(Retry retry) {
    boolean stated = retry.stated();
    put("retry.numRetries", stated ? retry.retries() : Retry.DEFAULT_RETRIES, stated);
    if (stated && retry.retries() == 0) {
      return;
    }
    put("retry.retryOn.triggers", RetryProtos.reasons(retry), !retry.triggers().isEmpty());
    if (!retry.statuses().isEmpty()) {
      put("retry.retryOn.httpStatusCodes", retry.statuses(), true);
    }
    time("retry.perRetry.timeout", retry.attempt(), Duration.ZERO);
    time("retry.perRetry.backOff.baseInterval", retry.base(), RetryProtos.BASE);
    time(
        "retry.perRetry.backOff.maxInterval",
        retry.most(),
        RetryProtos.most(RouteProtos.limit(retry.base(), RetryProtos.BASE)));
  }

  private void faults(Faults faults) {
    if (!faults.stated()) {
      put("faultInjection", OFF, false);
      return;
    }
    if (faults.delay() instanceof RouteTimeout.After(Duration delay)) {
      put("faultInjection.delay", text(delay) + " at " + share(faults.delayed()), true);
    }
    if (faults.httpStatus() > 0) {
      put("faultInjection.abort", faults.httpStatus() + " at " + share(faults.aborted()), true);
    }
  }

  private void breaker(CircuitBreaker breaker) {
    number("circuitBreaker.maxConnections", breaker.connections(), Clusters.BREAKER);
    number("circuitBreaker.maxPendingRequests", breaker.pendingRequests(), Clusters.BREAKER);
    number("circuitBreaker.maxParallelRequests", breaker.parallelRequests(), Clusters.BREAKER);
    int each = breaker.requestsPerConnection();
    put(
        "circuitBreaker.maxRequestsPerConnection",
        each > 0 ? String.valueOf(each) : NONE,
        each >= 0);
    if (breaker.parallelRetries() >= 0) {
      put("circuitBreaker.maxParallelRetries", breaker.parallelRetries(), true);
      return;
    }
    boolean stated = breaker.budget().stated();
    put(
        "circuitBreaker.retryBudget.percent",
        stated ? share(breaker.budget().millionths()) : Clusters.RETRY_PERCENT + " %",
        stated);
    number(
        "circuitBreaker.retryBudget.minRetryConcurrency",
        breaker.budget().least(),
        Clusters.RETRIES);
  }

  private void balancing(BackendTrafficPolicySpec policy) {
    BackendTrafficPolicySpec.LoadBalancer balancer = policy.loadBalancer();
    boolean stated = balancer.type() != BackendTrafficPolicySpec.Balancing.UNSET;
    put(
        "loadBalancer.type",
        (stated ? balancer.type() : BackendTrafficPolicySpec.Balancing.LEAST_REQUEST).text(),
        stated);
    if (balancer.hash().type() != BackendTrafficPolicySpec.HashType.NONE) {
      put("loadBalancer.consistentHash.type", balancer.hash().type().text(), true);
    }
    time("loadBalancer.slowStart.window", balancer.slowStart(), Duration.ZERO);
  }

  private void health(BackendTrafficPolicySpec policy) {
    number("healthCheck.panicThreshold", policy.panicThreshold(), Clusters.PANIC);
    Passive passive = policy.passive();
    put("healthCheck.active", asked(policy.active()), policy.active().stated());
    if (!passive.stated()) {
      mesh();
      return;
    }
    time("healthCheck.passive.interval", passive.interval(), HealthProtos.INTERVAL);
    time("healthCheck.passive.baseEjectionTime", passive.baseEjection(), HealthProtos.EJECTION);
    number(
        "healthCheck.passive.maxEjectionPercent", passive.mostEjected(), HealthProtos.MOST_EJECTED);
    number(
        "healthCheck.passive.consecutive5XxErrors",
        passive.consecutive5xx(),
        HealthProtos.CONSECUTIVE);
    number("healthCheck.passive.consecutiveGatewayErrors", passive.consecutiveGatewayErrors(), 0);
    if (passive.split()) {
      number(
          "healthCheck.passive.consecutiveLocalOriginFailures",
          passive.consecutiveLocalFailures(),
          HealthProtos.CONSECUTIVE);
    }
    number("healthCheck.passive.failurePercentageThreshold", passive.failurePercentage(), 0);
  }

  private static String asked(ActiveCheck check) {
    return switch (check.asked()) {
      case ActiveCheck.Asked.Nothing _ -> OFF;
      case ActiveCheck.Asked.Http http -> "HTTP " + http.path();
      case ActiveCheck.Asked.Tcp _ -> "TCP";
      case ActiveCheck.Asked.Grpc _ -> "GRPC";
    };
  }

  /** What holds where no policy says who is taken out. */
  private void mesh() {
    OutlierDetection mesh = HealthProtos.MESH;
    String at = "healthCheck.passive.";
    put(at + "interval", mesh.getInterval().getSeconds() + "s", false);
    put(at + "baseEjectionTime", mesh.getBaseEjectionTime().getSeconds() + "s", false);
    put(at + "maxEjectionPercent", mesh.getMaxEjectionPercent().getValue(), false);
    put(at + "consecutive5XxErrors", mesh.getConsecutive5Xx().getValue(), false);
    put(at + "failurePercentageThreshold", mesh.getFailurePercentageThreshold().getValue(), false);
  }

  private void connection(Connection connection) {
    int buffer = connection.bufferLimit();
    put("connection.bufferLimit", buffer > 0 ? buffer : Clusters.BUFFER_LIMIT_BYTES, buffer > 0);
    int early = connection.preconnectPercent();
    put("connection.preconnect.perEndpointPercent", early > 0 ? early : 100, early > 0);
    put(
        "tcpKeepalive",
        connection.keepalive().stated() ? "on" : OFF,
        connection.keepalive().stated());
  }

  private void number(String field, int stated, int unset) {
    put(field, stated < 0 ? unset : stated, stated >= 0);
  }

  private void time(String field, RouteTimeout stated, Duration unset) {
    put(field, text(RouteProtos.limit(stated, unset)), !(stated instanceof RouteTimeout.Absent));
  }

  private void put(String field, Object value, boolean stated) {
    settings.add(new Setting(field, String.valueOf(value), stated ? source : Setting.DEFAULT));
  }

  private static String share(int millionths) {
    return BigDecimal.valueOf(millionths, 4).stripTrailingZeros().toPlainString() + " %";
  }

  /** Such as 250ms, 15s, 1h30m; zero is no limit. */
  private static String text(Duration duration) {
    if (duration.isZero()) {
      return NONE;
    }
    return duration.toNanosPart() == 0
        ? duration.toString().substring(2).toLowerCase(Locale.ROOT)
        : duration.toMillis() + "ms";
  }
}
