package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A virtual host, compiled; tables that follow one another share it. Immutable. */
public final class CompiledHost {
  private static final HeaderName INTERNAL = HeaderName.of("x-envoy-internal");
  private static final HeaderName FORWARDED_PROTO = HeaderName.of("x-forwarded-proto");

  private final VirtualHostConfig config;
  private final RouteIndex index;
  private final CompiledRoute toTls;
  private final boolean holdsSomething;
  private final UseCount tables;

  CompiledHost(
      VirtualHostConfig config, RouteIndex index, List<AutoCloseable> held, CompiledRoute toTls) {
    this.config = config;
    this.toTls = toTls;
    this.index = index;
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

  RouteIndex index() {
    return index;
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
