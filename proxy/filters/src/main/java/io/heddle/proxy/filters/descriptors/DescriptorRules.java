package io.heddle.proxy.filters.descriptors;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A list of {@code envoy.config.route.v3.RateLimit}, compiled: makes descriptors of a request. */
public final class DescriptorRules implements RateLimitRules {
  /** None. */
  public static final DescriptorRules NONE = new DescriptorRules(List.of());

  private static final String FIELD = "rate_limits";
  private static final int MOST = 256;

  private final Rule[] rules;

  private DescriptorRules(List<Rule> rules) {
    this.rules = rules.toArray(new Rule[0]);
  }

  /** Which rules of a list count. */
  public sealed interface Selection {
    /**
     * Those of this stage that no one has switched off.
     *
     * @param atEnd those that count at the end of an exchange, or those that count before
     */
    record OfStage(int stage, DisableKeys disableKeys, boolean atEnd) implements Selection {}

    /** All of a filter's own, which have neither stages nor keys. */
    record All(boolean atEnd) implements Selection {
      /** Those that count before a request goes on. */
      public static final All BEFORE = new All(false);

      /** Those that count at the end. */
      public static final All AT_END = new All(true);
    }
  }

  /** What a {@code disable_key} does. */
  public enum DisableKeys {
    /** The runtime says whether its rule counts: {@code ratelimit.KEY.http_filter_enabled}. */
    BY_RUNTIME,
    /** Its rule never counts: what the local rate limit of Envoy does. */
    ALWAYS
  }

  /** Which of the virtual host's rules count beside those of the route. */
  public enum HostRules {
    /** All where the route has none. */
    OVERRIDE,
    /** All. */
    INCLUDE,
    /** None. */
    IGNORE
  }

  /** Compiles those of a route or a virtual host. */
  public static DescriptorRules ofRoute(List<Any> limits, FilterFactoryContext context)
      throws FilterConfigException {
    List<RateLimit> messages = new ArrayList<>(limits.size());
    for (Any limit : limits) {
      messages.add(SetFields.unpack(limit, RateLimit.class));
    }
    return of(messages, "", /* ofRoute= */ true, context);
  }

  /** Compiles those that stand in a filter's own configuration, under {@code rate_limits}. */
  public static DescriptorRules ofFilter(
      List<RateLimit> limits, String path, FilterFactoryContext context)
      throws FilterConfigException {
    return limits.isEmpty() ? NONE : of(limits, path, /* ofRoute= */ false, context);
  }

  private static DescriptorRules of(
      List<RateLimit> limits, String path, boolean ofRoute, FilterFactoryContext context)
      throws FilterConfigException {
    if (limits.size() > MOST) {
      throw new FilterConfigException(
          SetFields.at(path, FIELD), limits.size() + " rules", "at most " + MOST);
    }
    List<Rule> rules = new ArrayList<>(limits.size());
    for (int i = 0; i < limits.size(); i++) {
      rules.add(Rule.of(limits.get(i), SetFields.at(path, FIELD, i), ofRoute, context));
    }
    return new DescriptorRules(rules);
  }

  /** Whether there is no rule. */
  public boolean isEmpty() {
    return rules.length == 0;
  }

  /** Puts the descriptors of this request into a list, in the order of the rules. */
  public void describe(HttpFilterContext exchange, Selection selection, List<Descriptor> into) {
    for (Rule rule : rules) {
      if (rule.selected(selection, exchange)) {
        rule.describe(exchange, into);
      }
    }
  }

  /**
   * The same with the rules of the request's route and its virtual host.
   *
   * @param hostRules what holds where the route does not include its virtual host's itself
   */
  public static void describeRoute(
      HttpFilterContext exchange, Selection selection, HostRules hostRules, List<Descriptor> into) {
    Optional<RouteView> route = exchange.route();
    if (route.isEmpty()) {
      return;
    }
    RateLimitRules.OfRoute limits = route.get().rateLimits();
    boolean own = limits.ofRoute().isPresent();
    if (own) {
      add(limits.ofRoute(), exchange, selection, into);
    }
    boolean host =
        limits.includeHost()
            || switch (hostRules) {
              case OVERRIDE -> !own;
              case INCLUDE -> true;
              case IGNORE -> false;
            };
    if (host) {
      add(limits.ofHost(), exchange, selection, into);
    }
  }

  private static void add(
      Optional<RateLimitRules> limits,
      HttpFilterContext exchange,
      Selection selection,
      List<Descriptor> into) {
    if (limits.isPresent() && limits.get() instanceof DescriptorRules rules) {
      rules.describe(exchange, selection, into);
    }
  }
}
