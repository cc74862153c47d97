package io.heddle.benchmarks.routes;

import com.google.re2j.Pattern;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.UriTemplate;
import io.heddle.xds.model.VirtualHostConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Prints nanoseconds a look-up for 10, 1,000 and 10,000 routes of each kind. */
@SuppressWarnings("SystemOut") // The output is the result.
public final class RouteLookup {
  private static final int[] SIZES = {10, 1_000, 10_000};
  private static final long TURN_NANOS = 300_000_000L;
  private static final int TURNS = 5;

  /** Processor time, which others on the machine do not add to. */
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  private enum Kind {
    PATH,
    PREFIX,
    SEPARATED,
    HOST,
    REGEX_BEGINS,
    REGEX_ENDS,
    TEMPLATE,
    HEADER_EXACT,
    HEADER_PREFIX,
    QUERY
  }

  private RouteLookup() {}

  /** Runs all. */
  public static void main(String[] arguments) {
    System.out.printf("%-14s %10s %10s %10s %8s%n", "KIND", "10", "1000", "10000", "RATIO");
    for (Kind kind : Kind.values()) {
      double[] nanos = new double[SIZES.length];
      for (int i = 0; i < SIZES.length; i++) {
        nanos[i] = measure(kind, SIZES[i]);
      }
      System.out.printf(
          "%-14s %10.0f %10.0f %10.0f %8.2f%n",
          kind.name().toLowerCase(Locale.ROOT), nanos[0], nanos[1], nanos[2], nanos[2] / nanos[0]);
    }
  }

  private static double measure(Kind kind, int size) {
    CompiledRoutes routes = compile(table(kind, size));
    int last = size - 1;
    RequestHead request =
        new HeadPool(1)
            .request()
            .start(
                "GET",
                "/api/s" + last + "/items/" + last + "x?id=" + last,
                kind == Kind.HOST ? "h" + last + ".test" : "a.test",
                "http");
    request.add(HeaderName.of("x-route"), "r" + last + (kind == Kind.HEADER_PREFIX ? "-x" : ""));
    Subject subject = unasked(Subject.class);
    double best = Double.MAX_VALUE;
    for (int turn = 0; turn < TURNS; turn++) {
      long begin = CLOCK.getCurrentThreadCpuTime();
      long end = begin + TURN_NANOS;
      long count = 0;
      long now;
      do {
        for (int i = 0; i < 64; i++) {
          CompiledRoute found = routes.match(request, subject, count);
          if (found == null || !found.config().name().equals("last")) {
            throw new IllegalStateException(kind + " took another route");
          }
          count++;
        }
        now = CLOCK.getCurrentThreadCpuTime();
      } while (now < end);
      best = Math.min(best, (double) (now - begin) / count);
    }
    request.release();
    return best;
  }

  private static CompiledRoutes compile(RouteTable table) {
    FilterFactoryContext context =
        (FilterFactoryContext)
            Proxy.newProxyInstance(
                RouteLookup.class.getClassLoader(),
                new Class<?>[] {FilterFactoryContext.class},
                (_, _, _) -> RuntimeView.NONE);
    List<ConfigError> errors = new ArrayList<>();
    CompiledRoutes compiled =
        CompiledRoutes.compile(
            table, CompiledRoutes.EMPTY, new FilterConfigs(List.of(), context), _ -> true, errors);
    if (!errors.isEmpty()) {
      throw new IllegalStateException(errors.toString());
    }
    return compiled;
  }

  private static <T> T unasked(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> {
              throw new IllegalStateException("asked for " + method.getName());
            }));
  }

  private static RouteTable table(Kind kind, int size) {
    List<VirtualHostConfig> hosts = new ArrayList<>();
    List<RouteConfig> routes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      RouteConfig route =
          new RouteConfig(
              i == size - 1 ? "last" : "",
              match(kind, i),
              RouteAction.NonForwarding.NON_FORWARDING,
              HeaderMutations.NONE,
              HeaderMutations.NONE,
              Map.of());
      if (kind == Kind.HOST) {
        hosts.add(host("h" + i, "h" + i + ".test", List.of(route)));
      } else {
        routes.add(route);
      }
    }
    if (kind != Kind.HOST) {
      hosts.add(host("all", "*", routes));
    }
    return new RouteTable(
        "t",
        hosts,
        false,
        false,
        false,
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        List.of(),
        Map.of());
  }

  private static VirtualHostConfig host(String name, String domain, List<RouteConfig> routes) {
    return new VirtualHostConfig(
        name, List.of(domain), routes, HeaderMutations.NONE, HeaderMutations.NONE, Map.of());
  }

  private static RouteMatch match(Kind kind, int i) {
    PathMatch path =
        switch (kind) {
          case PATH -> new PathMatch.Exact("/api/s" + i + "/items/" + i + "x");
          case PREFIX -> new PathMatch.Prefix("/api/s" + i + "/");
          case SEPARATED -> new PathMatch.PathSeparatedPrefix("/api/s" + i);
          case REGEX_BEGINS -> regex("/api/s" + i + "/[a-z]+/[0-9]+x");
          case REGEX_ENDS -> regex("/[a-z]+/[a-z0-9]+/items/" + i + "x");
          case TEMPLATE -> new PathMatch.Template(UriTemplate.parse("/api/s" + i + "/{kind}/{id}"));
          case HOST, HEADER_EXACT, HEADER_PREFIX, QUERY -> new PathMatch.Prefix("/");
        };
    List<HeaderMatch> headers =
        switch (kind) {
          case HEADER_EXACT -> header(new StringMatch.Exact("r" + i, false));
          case HEADER_PREFIX -> header(new StringMatch.Prefix("r" + i + "-", false));
          default -> List.of();
        };
    List<QueryParameterMatch> query =
        kind == Kind.QUERY
            ? List.of(
                new QueryParameterMatch(
                    "id", new QueryValueMatch.Text(new StringMatch.Exact("" + i, false))))
            : List.of();
    return new RouteMatch(path, true, Set.of(), headers, query, Fraction.ALL);
  }

  private static PathMatch regex(String text) {
    return new PathMatch.Regex(Pattern.compile(text));
  }

  private static List<HeaderMatch> header(StringMatch match) {
    return List.of(new HeaderMatch("x-route", new HeaderValueMatch.Text(match), false, false));
  }
}
