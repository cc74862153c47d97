package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.StructValue;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The route of an exchange as its filters see it. */
record ChosenRoute(Exchange exchange, CompiledRoute route, CompiledRoute.Target target)
    implements RouteView {
  @Override
  public String name() {
    return route.config().name();
  }

  @Override
  public String virtualHost() {
    return route.virtualHost();
  }

  @Override
  public Optional<String> cluster() {
    return target.clusterHeader().isPresent()
        ? exchange.request.first(target.clusterHeader().get())
        : target.cluster().isEmpty() ? Optional.empty() : Optional.of(target.cluster());
  }

  @Override
  public RateLimitRules.OfRoute rateLimits() {
    return route.rateLimits();
  }

  @Override
  public Optional<String> metadata(String namespace, List<String> path) {
    @Nullable StructValue at = route.config().metadata().get(namespace);
    for (String field : path) {
      at = at instanceof StructValue.Fields fields ? fields.values().get(field) : null;
    }
    return at instanceof StructValue.Text text ? Optional.of(text.value()) : Optional.empty();
  }
}
