package io.heddle.proxy.filters.statefulsession;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps sessions on their hosts ({@code envoy.filters.http.stateful_session}). A route's
 * configuration replaces the filter's, or switches it off.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/stateful_session_filter">Envoy,
 *     stateful session</a>
 */
public final class StatefulSessionFilterFactory implements HttpFilterFactory {
  private static final String PREFIX =
      "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.stateful_session";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "StatefulSession", PREFIX + "StatefulSessionPerRoute");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    StatefulSession message = SetFields.unpack(config, StatefulSession.class);
    String prefix = message.getStatPrefix();
    return new Config(
        Settings.of(message, ""),
        prefix.isEmpty()
            ? Optional.empty()
            : Optional.of(Stats.of(context.stats().scope("stateful_session").scope(prefix))));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    StatefulSessionPerRoute message =
        SetFields.unpack(
            config, StatefulSessionPerRoute.class, Set.of("disabled", "stateful_session"));
    return switch (message.getOverrideCase()) {
      case DISABLED -> {
        if (!message.getDisabled()) {
          throw new FilterConfigException("disabled", "false", "true, or a stateful_session");
        }
        yield Settings.OFF;
      }
      case STATEFUL_SESSION -> Settings.of(message.getStatefulSession(), "stateful_session");
      case OVERRIDE_NOT_SET ->
          throw new FilterConfigException("override", "not set", "disabled or stateful_session");
    };
  }

  /**
   * What holds for a route.
   *
   * @param state empty where there are no sessions
   */
  record Settings(Optional<SessionState> state, boolean strict) implements RouteFilterConfig {
    static final Settings OFF = new Settings(Optional.empty(), false);

    static Settings of(StatefulSession message, String path) throws FilterConfigException {
      SetFields.allow(message, path, Set.of("session_state", "strict", "stat_prefix"));
      return new Settings(
          message.hasSessionState()
              ? Optional.of(
                  SessionState.of(message.getSessionState(), SetFields.at(path, "session_state")))
              : Optional.empty(),
          message.getStrict());
    }
  }

  /** The counters {@code http.<prefix>.stateful_session.<stat_prefix>.*}. */
  record Stats(
      StatsScope.Counter routed,
      StatsScope.Counter failedOpen,
      StatsScope.Counter failedClosed,
      StatsScope.Counter noSession) {
    static Stats of(StatsScope scope) {
      return new Stats(
          scope.counter("routed"),
          scope.counter("failed_open"),
          scope.counter("failed_closed"),
          scope.counter("no_session"));
    }
  }

  private record Config(Settings settings, Optional<Stats> stats) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new StatefulSessionFilter(settings, stats, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS);
    }
  }
}
