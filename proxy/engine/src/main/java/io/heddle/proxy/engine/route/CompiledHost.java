package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.matcher.CompiledTree;
import io.heddle.proxy.engine.matcher.RequestMatchSubject;
import io.heddle.xds.model.VirtualHostConfig;
import io.heddle.xds.model.VirtualHostConfig.RouteSpan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A virtual host, compiled; tables that follow one another share it. Immutable. */
public final class CompiledHost {
  private static final HeaderName INTERNAL = HeaderName.of("x-envoy-internal");
  private static final HeaderName FORWARDED_PROTO = HeaderName.of("x-forwarded-proto");

  private final VirtualHostConfig config;
  private final RouteIndex index;
  private final CompiledRoute[] routes;
  private final @Nullable CompiledTree<RouteSpan> matcher;
  private final CompiledRoute toTls;
  private final boolean holdsSomething;
  private final UseCount tables;

  CompiledHost(
      VirtualHostConfig config,
      CompiledRoute[] routes,
      List<AutoCloseable> held,
      CompiledRoute toTls,
      @Nullable CompiledTree<RouteSpan> matcher) {
    this.config = config;
    this.toTls = toTls;
    this.routes = routes;
    this.matcher = matcher;
    // Those of a matcher are found by the matcher.
    this.index = new RouteIndex(matcher == null ? routes : new CompiledRoute[0]);
    this.holdsSomething = !held.isEmpty();
    this.tables = new UseCount(() -> TableConfigs.close(held));
  }

  /** The virtual host as configured. */
  public VirtualHostConfig config() {
    return config;
  }

  /** Its name. */
  public String name() {
    return config.name();
  }

  /** The route of a request that has to come by HTTPS and did not; null for all others. */
  @Nullable CompiledRoute redirectToTls(RequestHeaders request) {
    boolean wanted =
        switch (config.requireTls()) {
          case NONE -> false;
          case EXTERNAL_ONLY -> !request.valueEquals(INTERNAL, "true");
          case ALL -> true;
        };
    if (!wanted) {
      return null;
    }
    boolean secure =
        request.contains(FORWARDED_PROTO)
            ? request.valueEquals(FORWARDED_PROTO, "https")
            : request.scheme().equals("https");
    return secure ? null : toTls;
  }

  /**
   * The route of a request; null where there is none.
   *
   * @param end where the path ends and a query may begin
   */
  @Nullable CompiledRoute find(
      RequestHeaders request, Subject subject, String path, int end, long random) {
    CompiledTree<RouteSpan> tree = matcher;
    if (tree == null) {
      return index.find(request, subject, path, end, random);
    }
    RouteSpan span = tree.decide(new RequestMatchSubject(request, subject));
    if (span != null) {
      for (int i = span.from(); i < span.to(); i++) {
        if (routes[i].matcher().matches(request, subject, path, end, random)) {
          return routes[i];
        }
      }
    }
    return null;
  }

  boolean holdsSomething() {
    return holdsSomething;
  }

  boolean tryUse() {
    return tables.tryUse();
  }

  void done() {
    tables.done();
  }
}
