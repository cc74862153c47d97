package io.heddle.proxy.engine.balance;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.engine.balance.BalancedHost.Availability;
import io.heddle.xds.model.LbPolicy.OverrideHost;
import io.heddle.xds.model.LbPolicy.OverrideSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes the first host of those that the request names, in a header or in dynamic metadata, that is
 * there and was not tried; otherwise another policy chooses. Immutable.
 */
final class OverrideHostPlan implements BalancerPlan {
  private final Map<String, BalancedHost> byAddress = new HashMap<>();
  private final List<Source> sources = new ArrayList<>();
  private final BalancerPlan fallback;

  /** Reads what a request names; an empty string where that is nothing. */
  private interface Source {
    String read(HttpFilterContext exchange);
  }

  OverrideHostPlan(List<HostSet> sets, OverrideHost policy, BalancerPlan fallback) {
    this.fallback = fallback;
    for (HostSet set : sets) {
      for (BalancedHost host : set.hosts) {
        byAddress.putIfAbsent(host.address(), host);
      }
    }
    for (OverrideSource source : policy.sources()) {
      sources.add(
          switch (source) {
            case OverrideSource.Header(String name) -> {
              HeaderName header = HeaderName.of(name);
              yield exchange -> exchange.requestHeaders().first(header).orElse("");
            }
            case OverrideSource.Metadata(String key, List<String> path) ->
                exchange -> metadata(exchange, key, path);
          });
    }
  }

  private static String metadata(HttpFilterContext exchange, String key, List<String> path) {
    Value value =
        Value.newBuilder()
            .setStructValue(
                exchange.dynamicMetadata().get(key).orElseGet(Struct::getDefaultInstance))
            .build();
    for (String segment : path) {
      value = value.getStructValue().getFieldsOrDefault(segment, Value.getDefaultInstance());
    }
    return value.getStringValue();
  }

  @Override
  public Balancer onLoop(BalanceLoop loop) {
    Balancer otherwise = fallback.onLoop(loop);
    return (on, context) -> {
      BalancedHost host = named(context);
      return host == null ? otherwise.choose(on, context) : host;
    };
  }

  private @Nullable BalancedHost named(BalanceContext context) {
    HttpFilterContext exchange = context.exchange();
    if (exchange == null) {
      return null;
    }
    for (int i = 0; i < sources.size(); i++) {
      String names = sources.get(i).read(exchange);
      for (int from = 0; from < names.length(); ) {
        int comma = names.indexOf(',', from);
        int to = comma < 0 ? names.length() : comma;
        BalancedHost host = byAddress.get(names.substring(from, to).strip());
        if (host != null
            && host.availability() != Availability.UNHEALTHY
            && !context.wasTried(host)) {
          return host;
        }
        from = to + 1;
      }
    }
    return null;
  }
}
