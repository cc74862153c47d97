package io.heddle.proxy.filters.headertometadata;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.header_to_metadata.v3.Config;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts headers and cookies into dynamic metadata ({@code envoy.filters.http.header_to_metadata}). A
 * route's rules replace the filter's.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_to_metadata_filter">Envoy,
 *     header to metadata</a>
 */
public final class HeaderToMetadataFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.header_to_metadata";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return Rules.of(SetFields.unpack(config, Config.class), context);
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    Rules rules = Rules.of(SetFields.unpack(config, Config.class), context);
    if (rules.request().isEmpty() && rules.response().isEmpty()) {
      throw new FilterConfigException("", "no rules", "request_rules or response_rules");
    }
    return rules;
  }

  /** The rules of the filter, or of a route. */
  private record Rules(
      List<Rule> request,
      List<Rule> response,
      Optional<RuleStats> requestStats,
      Optional<RuleStats> responseStats)
      implements HttpFilterConfig, RouteFilterConfig {
    static Rules of(Config message, FilterFactoryContext context) throws FilterConfigException {
      SetFields.allow(message, "", Set.of("request_rules", "response_rules", "stat_prefix"));
      String prefix = message.getStatPrefix();
      return new Rules(
          rules(message.getRequestRulesList(), "request_rules"),
          rules(message.getResponseRulesList(), "response_rules"),
          stats(context, prefix, "request"),
          stats(context, prefix, "response"));
    }

    private static Optional<RuleStats> stats(
        FilterFactoryContext context, String prefix, String direction) {
      return prefix.isEmpty()
          ? Optional.empty()
          : Optional.of(RuleStats.of(context.serverStats(), prefix, direction));
    }

    private static List<Rule> rules(List<Config.Rule> messages, String field)
        throws FilterConfigException {
      List<Rule> rules = new ArrayList<>();
      for (int i = 0; i < messages.size(); i++) {
        rules.add(Rule.of(messages.get(i), SetFields.at("", field, i)));
      }
      return List.copyOf(rules);
    }

    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new Filter(this, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS);
    }
  }

  private record Filter(Rules configured, HttpFilterContext context) implements HttpFilter {
    @Override
    public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
      Rules rules = rules();
      apply(rules.request(), headers, rules.requestStats());
      return HeadersDecision.CONTINUE;
    }

    @Override
    public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
      Rules rules = rules();
      apply(rules.response(), headers, rules.responseStats());
      return HeadersDecision.CONTINUE;
    }

    private Rules rules() {
      return context.routeConfig(Rules.class).orElse(configured);
    }

    private void apply(List<Rule> rules, HeaderMap headers, Optional<RuleStats> stats) {
      if (rules.isEmpty()) {
        return;
      }
      DynamicMetadata metadata = context.dynamicMetadata();
      for (int i = 0; i < rules.size(); i++) {
        rules.get(i).apply(headers, metadata, stats);
      }
    }
  }
}
