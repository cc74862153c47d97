package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteTable;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A route table, compiled: the most specific virtual host, and of its routes the first that
 * matches. Immutable.
 */
public final class CompiledRoutes {
  /** The table without anything. */
  public static final RouteTable NOTHING =
      new RouteTable(
          "",
          List.of(),
          false,
          false,
          false,
          HeaderMutations.NONE,
          HeaderMutations.NONE,
          List.of(),
          Map.of());

  /** No routes at all. */
  public static final CompiledRoutes EMPTY =
      new CompiledRoutes(NOTHING, new HostIndex(Map.of()), List.of(), TableConfigs.NONE);

  private final RouteTable table;
  private final HostIndex hosts;

  /** In the order of the table. */
  final List<CompiledHost> all;

  final TableConfigs configs;
  private final boolean holdsSomething;
  private final UseCount users;

  CompiledRoutes(RouteTable table, HostIndex hosts, List<CompiledHost> all, TableConfigs configs) {
    this.table = table;
    this.hosts = hosts;
    this.all = List.copyOf(all);
    this.configs = configs;
    this.holdsSomething =
        configs.holdsSomething() || this.all.stream().anyMatch(CompiledHost::holdsSomething);
    this.users =
        new UseCount(() -> {
          this.all.forEach(CompiledHost::done);
          configs.done();
        });
  }

  /**
   * One more user, who calls {@link #done}; false where the last has gone and what the routes held
   * is freed. Whoever compiles is the first user. Tables whose filters hold nothing, which is most,
   * count nobody.
   */
  public boolean tryUse() {
    return !holdsSomething || users.tryUse();
  }

  /** One user less. */
  public void done() {
    if (holdsSomething) {
      users.done();
    }
  }

  /**
   * Compiles a table; what is wrong with it goes to {@code errors}, and the result is then of no
   * use.
   *
   * @param before what the table follows; its virtual hosts are kept where they are the same
   * @param clusterKnown asked where the table wants its clusters checked
   */
  public static CompiledRoutes compile(
      RouteTable table,
      CompiledRoutes before,
      FilterConfigs filters,
      Function<String, Boolean> clusterKnown,
      List<ConfigError> errors) {
    return new RouteCompiler(table, before, filters, clusterKnown, errors).compile();
  }

  /** The table's name. */
  public String name() {
    return table.name();
  }

  /** The table. */
  RouteTable table() {
    return table;
  }

  /** The virtual host of this authority; null where there is none. */
  public @Nullable CompiledHost host(String authority) {
    int to = table.ignorePortInHostMatching() ? hostEnd(authority) : authority.length();
    return hosts.find(authority, to);
  }

  /**
   * The route that a request takes; null where there is none.
   *
   * @param random a non-negative number, one for each request
   */
  public @Nullable CompiledRoute match(RequestHeaders request, Subject subject, long random) {
    // Where one host takes all, the authority need not be made into text.
    CompiledHost host = hosts.onlyCatchAll() ? hosts.find("", 0) : host(request.authority());
    if (host == null) {
      return null;
    }
    CompiledRoute toTls = host.redirectToTls(request);
    if (toTls != null) {
      return toTls;
    }
    String path = request.path();
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    if (table.ignorePathParameters()) {
      int semicolon = path.indexOf(';');
      end = semicolon < 0 ? end : Math.min(end, semicolon);
    }
    return host.find(request, subject, path, end, random);
  }

  /** An authority without its port, if it has one. */
  public static String withoutPort(String authority) {
    return authority.substring(0, hostEnd(authority));
  }

  private static int hostEnd(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon < 0 || authority.indexOf(']', colon) >= 0 ? authority.length() : colon;
  }
}
