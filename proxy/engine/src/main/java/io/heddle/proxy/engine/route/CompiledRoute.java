package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.balance.MetadataCriteria;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.AttemptCounts;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ForwardOptions;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.MirrorPolicy;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.StructValue;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A route with all that holds for it, from every level of its table. Immutable. */
public final class CompiledRoute {
  private final RouteConfig config;
  private final RouteMatcher matcher;
  private final Target plain;
  private final Target[] weighted;
  private final CompiledMirror[] mirrors;
  private final Counted counted;
  private final RequestHash hash;
  private final InternalRedirects redirects;
  private final ClusterTarget.Choice choice;
  private final @Nullable HeaderName choiceHeader;
  private final long totalWeight;
  private final RuntimeView runtime;
  private final String[] weightKeys;
  private final boolean weightsByRuntime;
  private final VirtualHostConfig host;
  private final @Nullable CompiledRetry retry;
  private final @Nullable CompiledHedge hedge;
  private final RateLimitRules.OfRoute rateLimits;

  /**
   * What holds for the requests of a route, or of one of its weighted clusters.
   *
   * @param cluster empty where the route does not name one
   * @param hostRewrite empty leaves what the route says
   * @param filterConfigs by filter name, the least specific first
   * @param disabledFilters names of filters that are switched off
   * @param enabledFilters names of filters that are switched on though the chain has them off
   * @param clusterHeader the request header that names the cluster, where one does
   * @param metadata what is asked of endpoints
   */
  public record Target(
      String cluster,
      long weight,
      String hostRewrite,
      HeaderEdits requestEdits,
      HeaderEdits responseEdits,
      Map<String, List<RouteFilterConfig>> filterConfigs,
      Set<String> disabledFilters,
      Set<String> enabledFilters,
      Optional<HeaderName> clusterHeader,
      MetadataCriteria metadata) {}

  /** Where its requests are counted beside their cluster; null for nowhere. */
  record Counted(@Nullable RouteCounters route, @Nullable VirtualClusters clusters) {}

  CompiledRoute(
      RouteConfig config,
      RouteMatcher matcher,
      VirtualHostConfig host,
      Target plain,
      Target[] weighted,
      List<CompiledMirror> mirrors,
      RuntimeView runtime,
      Counted counted,
      RateLimitRules.OfRoute rateLimits) {
    this.rateLimits = rateLimits;
    this.counted = counted;
    this.runtime = runtime;
    this.weightKeys = new String[weighted.length];
    String prefix =
        config.action() instanceof RouteAction.Forward forward
                && forward.target() instanceof ClusterTarget.Weighted several
            ? several.runtimeKeyPrefix()
            : "";
    for (int i = 0; i < weightKeys.length; i++) {
      weightKeys[i] = prefix + "." + weighted[i].cluster();
    }
    this.weightsByRuntime = !prefix.isEmpty();
    this.config = config;
    this.matcher = matcher;
    this.host = host;
    this.plain = plain;
    this.weighted = weighted;
    this.mirrors = mirrors.toArray(new CompiledMirror[0]);
    ForwardOptions options =
        config.action() instanceof RouteAction.Forward forward
            ? forward.options()
            : ForwardOptions.NONE;
    this.hash = new RequestHash(options.hashPolicies());
    this.redirects = options.internalRedirects();
    this.retry = options.retry().or(host::retry).map(CompiledRetry::new).orElse(null);
    this.hedge = options.hedge().any() ? new CompiledHedge(options.hedge()) : null;
    long sum = 0;
    for (Target target : weighted) {
      sum += target.weight();
    }
    this.totalWeight = sum;
    this.choice =
        config.action() instanceof RouteAction.Forward forward
                && forward.target() instanceof ClusterTarget.Weighted several
            ? several.choice()
            : ClusterTarget.Choice.Chance.CHANCE;
    this.choiceHeader =
        choice instanceof ClusterTarget.Choice.Header header ? HeaderName.of(header.name()) : null;
  }

  /** Whether its exchanges need more than others. */
  public boolean hasExtras() {
    return mirrors.length > 0 || !hash.isEmpty() || !redirects.equals(InternalRedirects.None.NONE);
  }

  /** Whether its requests are counted beside their cluster. */
  public boolean isCounted() {
    return counted.route() != null || counted.clusters() != null;
  }

  /** Where all of its requests are counted; null where they are not. */
  public @Nullable RouteCounters counters() {
    return counted.route();
  }

  /** Where requests of this one's kind are counted; null where they are not. */
  public @Nullable RouteCounters virtualCluster(RequestHeaders request, Subject subject) {
    VirtualClusters clusters = counted.clusters();
    return clusters == null ? null : clusters.of(request, subject);
  }

  /** The policies by which its requests are hashed. */
  public RequestHash hash() {
    return hash;
  }

  /** Where copies of its requests go. */
  public CompiledMirror[] mirrors() {
    return mirrors;
  }

  /** Which redirects of upstreams are followed. */
  public InternalRedirects redirects() {
    return redirects;
  }

  /** The route as configured. */
  public RouteConfig config() {
    return config;
  }

  /** Name of the virtual host. */
  public String virtualHost() {
    return host.name();
  }

  /** Who is told how many times a request was sent to a host. */
  public AttemptCounts attemptCounts() {
    return host.attemptCounts();
  }

  /** By what its requests are sent again; null where neither it nor its host says anything. */
  public @Nullable CompiledRetry retry() {
    return retry;
  }

  /** When its requests are sent to several hosts at once; null where they never are. */
  public @Nullable CompiledHedge hedge() {
    return hedge;
  }

  /** Whether proxies of ours tell each other of answers to requests that were sent again. */
  public boolean marksRetries() {
    return runtime.flag("heddle.mark_retries", false);
  }

  /** Its rate limits and those of its virtual host. */
  public RateLimitRules.OfRoute rateLimits() {
    return rateLimits;
  }

  /** What its virtual host says of itself, by namespace. */
  public Map<String, StructValue.Fields> hostMetadata() {
    return host.metadata();
  }

  RouteMatcher matcher() {
    return matcher;
  }

  /** What holds for one request; {@code random} is any non-negative long. */
  public Target target(RequestHeaders request, Subject subject, long random) {
    if (weighted.length == 0) {
      return plain;
    }
    long total = totalWeight;
    if (weightsByRuntime) {
      total = 0;
      for (int i = 0; i < weighted.length; i++) {
        total += weight(i);
      }
      if (total == 0) {
        return weighted[weighted.length - 1];
      }
    }
    long point = Long.remainderUnsigned(decided(request, subject, random), total);
    for (int i = 0; i < weighted.length; i++) {
      point -= weightsByRuntime ? weight(i) : weighted[i].weight();
      if (point < 0) {
        return weighted[i];
      }
    }
    return weighted[weighted.length - 1];
  }

  private long weight(int index) {
    return Math.min(runtime.integer(weightKeys[index], weighted[index].weight()), 0xffff_ffffL);
  }

  /** Whether a request of this number is among those that are copied. */
  public boolean mirrors(MirrorPolicy policy, long random) {
    return runtime.includes(
        policy.runtimeKey(),
        policy.fraction().numerator(),
        policy.fraction().denominator(),
        random);
  }

  /** The number that decides between weighted clusters. */
  private long decided(RequestHeaders request, Subject subject, long random) {
    return switch (choice) {
      case ClusterTarget.Choice.Chance _ -> random;
      case ClusterTarget.Choice.Hash _ -> {
        long of = hash.of(request, subject, null);
        yield of == RequestHash.NONE ? random : of;
      }
      case ClusterTarget.Choice.Header _ -> {
        List<String> values = choiceHeader == null ? List.of() : request.all(choiceHeader);
        yield values.size() == 1 && isNumber(values.getFirst())
            ? Long.parseUnsignedLong(values.getFirst())
            : random;
      }
    };
  }

  private static boolean isNumber(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty() && text.length() < 20;
  }
}
