package io.heddle.proxy.filters.grpcstats;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Counts gRPC calls by cluster, and by method where it is told so ({@code
 * envoy.filters.http.grpc_stats}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_stats_filter">Envoy,
 *     gRPC statistics</a>
 */
public final class GrpcStatsFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.grpc_stats";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    FilterConfig message =
        SetFields.unpack(
            config,
            FilterConfig.class,
            Set.of(
                "emit_filter_state",
                "individual_method_stats_allowlist",
                "stats_for_all_methods",
                "enable_upstream_stats",
                "replace_dots_in_grpc_service_name"));
    return new Config(
        MethodTable.of(message, context),
        message.getEmitFilterState(),
        message.getEnableUpstreamStats());
  }

  /**
   * The filter's settings.
   *
   * @param emits whether the counts of an exchange go into its filter state
   * @param timesUpstream whether upstreams' times are recorded
   */
  record Config(MethodTable methods, boolean emits, boolean timesUpstream)
      implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new GrpcStatsFilter(this, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(
          Callback.REQUEST_HEADERS,
          Callback.REQUEST_BODY,
          Callback.RESPONSE_HEADERS,
          Callback.RESPONSE_BODY);
    }
  }
}
