package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.codec.Limits;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.chain.FilterList;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.LocalReplies;
import io.heddle.xds.model.LogMoments;
import io.heddle.xds.model.RouteAction;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP connection manager, compiled. Immutable but for its routes; shared by all event loops.
 */
public final class HttpChain {
  private static final String CONNECT = "connect";

  final HttpConnectionManagerConfig config;
  final RouteSupply routes;
  final Clusters clusters;
  final HttpStats stats;
  final FilterList filters;

  /** What is switched to, by name. */
  private final Map<String, UpgradeRule> upgrades;

  final AccessLog[] logs;
  final FilteredLogger[] loggers;
  final LocalReplyRules localReplies;

  /** Whether entries are written beside those at the end. */
  final boolean logsMore;

  final int bufferLimit;
  final long requestNanos;
  final long idleNanos;
  final long durationNanos;
  private final Limits limits;

  /** Lets go of the routes that are this manager's own. */
  private final Runnable ownRoutes;

  /** Compiles what was checked before. */
  public HttpChain(
      HttpConnectionManagerConfig config,
      RouteSupply routes,
      Clusters clusters,
      Scope scope,
      FilterList filters,
      Map<String, UpgradeRule> upgrades,
      List<AccessLog> logs,
      List<FilteredLogger> loggers,
      int bufferLimit,
      Runnable ownRoutes,
      RuntimeView runtime) {
    this.logsMore = !config.logMoments().equals(LogMoments.END);
    this.localReplies = LocalReplyRules.of(config.localReplies(), runtime);
    this.ownRoutes = ownRoutes;
    this.config = config;
    this.routes = routes;
    this.clusters = clusters;
    this.stats = new HttpStats(scope);
    this.filters = filters;
    this.upgrades = Map.copyOf(upgrades);
    this.logs = logs.toArray(new AccessLog[0]);
    this.loggers = loggers.toArray(new FilteredLogger[0]);
    this.bufferLimit = bufferLimit;
    this.requestNanos = config.timeouts().request().toNanos();
    this.idleNanos = config.timeouts().streamIdle().toNanos();
    this.durationNanos = config.timeouts().maxStreamDuration().toNanos();
    this.limits =
        Limits.defaults()
            .withHead(
                Math.clamp(config.limits().maxRequestHeadersKb() * 1024L, 1 << 10, 1 << 20),
                Math.clamp(config.limits().maxHeadersCount(), 1, 1000));
  }

  /**
   * Checks what is compiled of a configuration.
   *
   * @throws IllegalArgumentException names an operator that is not supported
   */
  public static void check(LocalReplies localReplies) {
    var _ = LocalReplyRules.of(localReplies, RuntimeView.NONE);
  }

  /** The configuration. */
  public HttpConnectionManagerConfig config() {
    return config;
  }

  /** What is counted. */
  public HttpStats stats() {
    return stats;
  }

  /** Limits for the parser. */
  public Limits limits() {
    return limits;
  }

  /** Bytes a connection may gather. */
  public int bufferLimit() {
    return bufferLimit;
  }

  /** Whether a request that takes this route, if any, may have the protocol that it offers. */
  boolean allowsUpgrade(RequestHead request, @Nullable CompiledRoute route) {
    String name = upgradeName(request);
    if (route != null && route.config().action() instanceof RouteAction.Forward forward) {
      Boolean enabled = forward.options().upgrades().enabled().get(name);
      if (enabled != null) {
        return enabled;
      }
    }
    UpgradeRule rule = upgrades.get(name);
    return rule != null && rule.allowed();
  }

  /** The filters of a request that may have the protocol that it offers. */
  FilterList filtersOfUpgrade(RequestHead request) {
    UpgradeRule rule = upgrades.get(upgradeName(request));
    return rule == null ? filters : rule.filters().orElse(filters);
  }

  private static String upgradeName(RequestHead request) {
    return request.upgrade().map(n -> n.toLowerCase(Locale.ROOT)).orElse(CONNECT);
  }

  /**
   * A protocol that may be asked for.
   *
   * @param filters in the place of the manager's own
   */
  public record UpgradeRule(boolean allowed, Optional<FilterList> filters) {}

  /** How long a connection may have nothing to do; zero means for ever. */
  public Duration connectionIdle() {
    return config.timeouts().connectionIdle();
  }

  /** Nothing uses it any more. Routes that others share belong to whoever applied them. */
  public void close() {
    ownRoutes.run();
    filters.close();
    for (UpgradeRule rule : upgrades.values()) {
      rule.filters().ifPresent(FilterList::close);
    }
    for (AccessLog log : logs) {
      log.close();
    }
    for (FilteredLogger each : loggers) {
      each.logger().close();
    }
  }
}
