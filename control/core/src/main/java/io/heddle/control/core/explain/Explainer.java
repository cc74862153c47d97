package io.heddle.control.core.explain;

import io.heddle.control.core.explain.Explanation.Considered;
import io.heddle.control.core.explain.Explanation.Outcome;
import io.heddle.control.core.explain.Explanation.Policy;
import io.heddle.control.core.explain.Explanation.Target;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization.EscapedSlashes;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Follows one request through a configuration. Used once, by one thread. */
public final class Explainer {
  private final Configuration configuration;
  private final AskedRequest asked;
  private final Targets found;
  private final List<Considered> considered = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final List<Policy> policies = new ArrayList<>();
  private String listener = "";
  private String address = "";
  private String table = "";
  private String version = "";
  private String virtualHost = "";
  private String domain = "";
  private String path = "";
  private String route = "";

  private Explainer(Configuration configuration, AskedRequest asked) {
    this.configuration = configuration;
    this.asked = asked;
    this.found = new Targets(configuration);
  }

  /** A request that an application sends to its sidecar. */
  public static Explanation ofSidecar(Configuration configuration, AskedRequest request) {
    Explainer explainer = new Explainer(configuration, request);
    for (ListenerConfig listener : configuration.listeners()) {
      if (listener.trafficDirection() == ListenerConfig.TrafficDirection.OUTBOUND) {
        return explainer.at(listener);
      }
    }
    return explainer.refused("there is no outbound listener");
  }

  /** A request that comes to a gateway from outside; the listener is the one on its port. */
  public static Explanation ofGateway(Configuration configuration, AskedRequest request) {
    Explainer explainer = new Explainer(configuration, request);
    List<ListenerConfig> listeners = configuration.listeners();
    for (ListenerConfig listener : listeners) {
      if (listener.address().port() == request.port()) {
        return explainer.at(listener);
      }
    }
    List<Integer> ports = listeners.stream().map(each -> each.address().port()).distinct().toList();
    return explainer.refused(
        ports.isEmpty()
            ? "there is no listener: no Gateway of that name, or none that is accepted"
            : "there is no listener on port "
                + request.port()
                + " (expected: one of "
                + ports
                + ")");
  }

  private Explanation at(ListenerConfig from) {
    listener = from.name();
    address = from.address().toString();
    Optional<HttpConnectionManagerConfig> manager = chain(from).flatMap(Explainer::manager);
    if (manager.isEmpty()) {
      return refused("the listener has no filter chain with routes for " + asked.host());
    }
    HttpConnectionManagerConfig http = manager.get();
    http.httpFilters()
        .forEach(filter -> policies.add(new Policy("listener", "filter", filter.name())));
    policies.add(new Policy("listener", "stream idle timeout", time(http.timeouts().streamIdle())));
    EscapedSlashes slashes = http.path().escapedSlashes();
    String sent = asked.path();
    if (NormalPath.hasEscapedSlash(sent)) {
      path = sent;
      switch (slashes) {
        case KEEP_UNCHANGED -> {}
        case REJECT_REQUEST -> {
          return refused("the path has an escaped slash: answered 400");
        }
        case UNESCAPE_AND_REDIRECT -> {
          return end(Outcome.REDIRECTED, "the path has an escaped slash: sent to the plain one");
        }
        case UNESCAPE_AND_FORWARD -> sent = NormalPath.withoutEscapedSlashes(sent);
      }
    }
    AskedRequest request = asked.withPath(NormalPath.of(sent, http.path()));
    path = request.path();
    return switch (http.routes()) {
      case RouteSource.Inline inline -> at(inline.routes(), request);
      case RouteSource.Rds rds -> {
        table = rds.routeConfigName();
        version = configuration.version(ResourceType.ROUTES, table);
        Optional<RouteTable> routes = configuration.routes(table);
        yield routes.isPresent()
            ? at(routes.get(), request)
            : refused("there is no route table " + table + ": answered 404");
      }
      case RouteSource.Scoped scoped ->
          refused("routes by scope are not followed here: " + scoped.name());
    };
  }

  private Optional<FilterChainConfig> chain(ListenerConfig from) {
    FilterChainConfig any = null;
    FilterChainConfig wide = null;
    for (FilterChainConfig chain : from.allChains()) {
      List<String> names = chain.match().serverNames();
      if (names.contains(asked.host())) {
        return Optional.of(chain);
      }
      boolean below =
          names.stream()
              .anyMatch(name -> name.startsWith("*.") && asked.host().endsWith(name.substring(1)));
      wide = wide == null && below ? chain : wide;
      any = any == null && names.isEmpty() ? chain : any;
    }
    return Optional.ofNullable(wide == null ? any : wide);
  }

  private static Optional<HttpConnectionManagerConfig> manager(FilterChainConfig chain) {
    for (NetworkFilterConfig filter : chain.filters()) {
      if (filter instanceof HttpConnectionManagerConfig http) {
        return Optional.of(http);
      }
    }
    return Optional.empty();
  }

  private Explanation at(RouteTable routes, AskedRequest request) {
    table = routes.name();
    Optional<RouteReading.FoundHost> host = RouteReading.host(routes, request);
    if (host.isEmpty()) {
      return refused("no virtual host has the domain " + request.host() + ": answered 404");
    }
    virtualHost = host.get().host().name();
    domain = host.get().domain();
    if (host.get().host().matcher().isPresent()) {
      return refused("matchers of virtual hosts are not followed here");
    }
    for (RouteConfig candidate : host.get().host().routes()) {
      String name = candidate.name().isEmpty() ? "(without a name)" : candidate.name();
      Optional<String> problem =
          RouteReading.mismatch(candidate.match(), request, routes.ignorePathParameters());
      if (problem.isPresent()) {
        considered.add(new Considered(name, false, problem.get()));
        continue;
      }
      boolean all = candidate.match().fraction().all();
      considered.add(
          new Considered(
              name, true, all ? "matches" : "matches, for its share of the requests alone"));
      if (all) {
        route = name;
        return take(candidate);
      }
    }
    return refused("no route of the virtual host matches: answered 404");
  }

  private Explanation take(RouteConfig taken) {
    return switch (taken.action()) {
      case RouteAction.Forward forward -> forward(forward);
      case RouteAction.Redirect redirect ->
          end(Outcome.REDIRECTED, "answered with a redirect, " + redirect.statusCode());
      case RouteAction.DirectResponse direct ->
          end(Outcome.ANSWERED, "answered by the proxy itself, " + direct.status());
      case RouteAction.NonForwarding _ -> refused("the route forwards nothing: answered 503");
    };
  }

  private Explanation forward(RouteAction.Forward forward) {
    policies.add(new Policy("route", "timeout", time(forward.timeout())));
    if (!(forward.pathRewrite() instanceof RouteAction.PathRewrite.Keep)) {
      policies.add(new Policy("route", "path rewrite", String.valueOf(forward.pathRewrite())));
    }
    if (forward.hostRewrite() instanceof RouteAction.HostRewrite.Literal literal) {
      policies.add(new Policy("route", "host rewrite", literal.host()));
    }
    if (!forward.options().mirrors().isEmpty()) {
      policies.add(
          new Policy("route", "mirrors", String.valueOf(forward.options().mirrors().size())));
    }
    if (!forward.options().hashPolicies().isEmpty()) {
      policies.add(
          new Policy(
              "route", "hash policies", String.valueOf(forward.options().hashPolicies().size())));
    }
    targets.addAll(found.of(forward.target(), asked, policies));
    int missing = forward.clusterNotFoundStatus();
    if (targets.stream().noneMatch(Target::known)) {
      return refused("the cluster does not exist: answered " + missing);
    }
    long without =
        targets.stream().filter(target -> target.known() && !Targets.canAnswer(target)).count();
    long unknown = targets.stream().filter(target -> !target.known()).count();
    if (without + unknown == targets.size()) {
      return refused("no endpoint can be sent requests: answered 503");
    }
    String some =
        without + unknown == 0
            ? ""
            : "; the share of "
                + (without + unknown)
                + " of "
                + targets.size()
                + " clusters is answered with an error";
    return end(Outcome.FORWARDED, "sent on" + some);
  }

  static String time(java.time.Duration time) {
    if (time.isZero()) {
      return "none";
    }
    return time.toMillis() % 1_000 == 0 ? time.toSeconds() + "s" : time.toMillis() + "ms";
  }

  private Explanation refused(String message) {
    return end(Outcome.REFUSED, message);
  }

  private Explanation end(Outcome outcome, String message) {
    return new Explanation(
        listener,
        address,
        table,
        version,
        virtualHost,
        domain,
        path,
        considered,
        route,
        outcome,
        message,
        targets,
        policies);
  }
}
