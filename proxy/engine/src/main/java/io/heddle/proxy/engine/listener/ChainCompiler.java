package io.heddle.proxy.engine.listener;

import com.google.protobuf.Any;
import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.accesslog.LogFilter;
import io.heddle.proxy.engine.accesslog.LogWriter;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.exchange.RouteHolder;
import io.heddle.proxy.engine.exchange.RouteSupply;
import io.heddle.proxy.engine.exchange.ScopeHolder;
import io.heddle.proxy.engine.inspect.BuiltInListenerFilters;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.proxy.engine.route.ScopeKey;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.tcp.TcpProxy;
import io.heddle.proxy.engine.tls.DownstreamTls;
import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.proxy.engine.tls.TlsStats;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DownstreamTransport;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.LocalReplies;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.TcpProxyConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes what serves traffic out of configuration, or says what is wrong with it. Stateless. */
public final class ChainCompiler {
  private static final Logger LOG = LoggerFactory.getLogger(ChainCompiler.class);

  private final Clusters clusters;
  private final Scope root;
  private final LogWriter logs;
  private final FilterConfigs httpFilters;
  private final List<NetworkFilterFactory> networkFilters;
  private final List<ListenerFilterFactory> listenerFilters;
  private final List<AccessLoggerFactory> accessLoggers;
  private final Function<StatsScope, FilterFactoryContext> contexts;
  private final Secrets secrets;
  private final FileWatch files;
  private final Discovery discovery;

  /** Compiles with these factories. */
  public ChainCompiler(
      Clusters clusters,
      Scope root,
      LogWriter logs,
      FilterConfigs httpFilters,
      List<NetworkFilterFactory> networkFilters,
      List<ListenerFilterFactory> listenerFilters,
      List<AccessLoggerFactory> accessLoggers,
      Function<StatsScope, FilterFactoryContext> contexts,
      Secrets secrets,
      FileWatch files,
      Discovery discovery) {
    this.clusters = clusters;
    this.root = root;
    this.logs = logs;
    this.httpFilters = httpFilters;
    this.networkFilters = List.copyOf(networkFilters);
    List<ListenerFilterFactory> known = new ArrayList<>(BuiltInListenerFilters.ALL);
    known.addAll(listenerFilters);
    this.listenerFilters = List.copyOf(known);
    this.accessLoggers = List.copyOf(accessLoggers);
    this.contexts = contexts;
    this.secrets = secrets;
    this.files = files;
    this.discovery = discovery;
  }

  /**
   * Compiles routes; who gets them calls {@link CompiledRoutes#done}, also where they are wrong.
   *
   * @param before what they follow, whose virtual hosts are kept where they are the same
   */
  public CompiledRoutes routes(RouteTable table, CompiledRoutes before, List<ConfigError> errors) {
    return CompiledRoutes.compile(
        table, before, httpFilters, name -> clusters.get(name) != null, errors);
  }

  /** What would be refused of a listener. */
  public List<ConfigError> check(ListenerConfig config) {
    List<ConfigError> errors = new ArrayList<>();
    String resource = "Listener " + config.name();
    for (int i = 0; i < config.listenerFilters().size(); i++) {
      // Only to see whether it is accepted.
      listenerFilter(config.listenerFilters().get(i), i, resource, errors)
          .ifPresent(filter -> Discovery.leave(List.of(filter)));
    }
    check(config.accessLogs(), false, resource, "", errors);
    if (config.allChains().isEmpty()) {
      errors.add(new ConfigError(resource, "filter_chains", "none", "at least one"));
    }
    for (int i = 0; i < config.filterChains().size(); i++) {
      check(config.filterChains().get(i), resource, "filter_chains[" + i + "]", errors);
    }
    for (FilterChainConfig chain : config.defaultFilterChain()) {
      check(chain, resource, "default_filter_chain", errors);
    }
    if (config.chainMatcher().isPresent()) {
      return errors;
    }
    ChainSelector.compile(
            config.filterChains(),
            config.filterChains().stream().map(FilterChainConfig::match).toList(),
            null)
        .conflict()
        .ifPresent(conflict ->
            errors.add(
                new ConfigError(
                    resource,
                    "filter_chains[" + conflict.second() + "].filter_chain_match",
                    "the same as of filter_chains[" + conflict.first() + "]",
                    "a match of its own")));
    return errors;
  }

  private void check(
      FilterChainConfig chain, String resource, String at, List<ConfigError> errors) {
    if (chain.transport() instanceof DownstreamTransport.Tls tls) {
      DownstreamTls.check(tls.config(), resource, at + ".transport_socket.typed_config")
          .ifPresent(errors::add);
    }
    List<NetworkFilterConfig> filters = chain.filters();
    for (int i = 0; i < filters.size(); i++) {
      String here = at + ".filters[" + i + "]";
      boolean last = i == filters.size() - 1;
      if (known(filters.get(i)) && last != terminal(filters.get(i))) {
        errors.add(
            new ConfigError(
                resource,
                here,
                filters.get(i).name(),
                last
                    ? "a terminal filter as the last, such as http_connection_manager or tcp_proxy"
                    : "a filter that is not terminal, or as the last one"));
      }
      switch (filters.get(i)) {
        case HttpConnectionManagerConfig http ->
            http(http, resource, here + ".typed_config", errors);
        case TcpProxyConfig tcp ->
            check(tcp.accessLogs(), false, resource, here + ".typed_config", errors);
        case ExtensionConfig extension ->
            network(extension, resource, here, errors)
                .ifPresent(filter -> Discovery.leave(List.of(filter)));
      }
    }
  }

  /** Whether the filter may end a chain. */
  private boolean terminal(NetworkFilterConfig filter) {
    return switch (filter) {
      case HttpConnectionManagerConfig _ -> true;
      case TcpProxyConfig _ -> true;
      case ExtensionConfig extension ->
          networkFactory(extension).map(NetworkFilterFactory::terminal).orElse(false);
    };
  }

  private boolean known(NetworkFilterConfig filter) {
    return !(filter instanceof ExtensionConfig extension) || networkFactory(extension).isPresent();
  }

  private Optional<NetworkFilterFactory> networkFactory(ExtensionConfig extension) {
    return networkFilters.stream()
        .filter(factory -> factory.typeUrls().contains(extension.typeUrl()))
        .findFirst();
  }

  private void http(
      HttpConnectionManagerConfig http, String resource, String at, List<ConfigError> errors) {
    check(http.accessLogs(), true, resource, at, errors);
    if (http.addUserAgent()) {
      errors.add(new ConfigError(resource, at + ".add_user_agent", "true", "false"));
    }
    localReplies(http.localReplies(), resource, at + ".local_reply_config", errors);
    // The last is the router, which the engine is itself.
    for (int i = 0; i < http.httpFilters().size() - 1; i++) {
      // Only to see whether it is accepted.
      filter(http, http.httpFilters().get(i), resource, at + ".http_filters[" + i + "]", errors)
          .ifPresent(entry -> entry.config().close());
    }
    switch (http.routes()) {
      case RouteSource.Inline inline ->
          inline(inline.routes(), resource, at + ".route_config.", errors);
      case RouteSource.Scoped scoped -> {
        if (scoped.scopes() instanceof RouteSource.Scopes.Inline inline) {
          for (int i = 0; i < inline.scopes().size(); i++) {
            if (inline.scopes().get(i).routes() instanceof ScopedRoute.Routes.Inline table) {
              String list =
                  ".scoped_routes.scoped_route_configurations_list.scoped_route_configurations[";
              inline(table.table(), resource, at + list + i + "].route_configuration.", errors);
            }
          }
        }
      }
      case RouteSource.Rds _ -> {}
    }
  }

  private static void localReplies(
      LocalReplies replies, String resource, String at, List<ConfigError> errors) {
    for (int i = 0; i < replies.mappers().size(); i++) {
      LocalReplies one = new LocalReplies(List.of(replies.mappers().get(i)), Optional.empty());
      localReplyPart(one, resource, at + ".mappers[" + i + "]", errors);
    }
    localReplyPart(new LocalReplies(List.of(), replies.body()), resource, at, errors);
  }

  private static void localReplyPart(
      LocalReplies part, String resource, String at, List<ConfigError> errors) {
    try {
      HttpChain.check(part);
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
    }
  }

  private void inline(RouteTable table, String resource, String at, List<ConfigError> errors) {
    List<ConfigError> wrong = new ArrayList<>();
    routes(table, CompiledRoutes.EMPTY, wrong).done();
    for (ConfigError error : wrong) {
      errors.add(
          new ConfigError(resource, at + error.field(), error.offending(), error.expected()));
    }
  }

  private Scope httpScope(HttpConnectionManagerConfig http) {
    return root.tagged("http", "envoy_http_conn_manager_prefix", http.statPrefix());
  }

  private Optional<FilterEntry> filter(
      HttpConnectionManagerConfig http,
      ExtensionConfig extension,
      String resource,
      String at,
      List<ConfigError> errors) {
    if (extension.discovery().isPresent()) {
      return discovery
          .http(extension, contexts.apply(httpScope(http)), resource, at, errors)
          .map(config -> FilterEntry.of(extension.name(), config, extension.disabled()));
    }
    Optional<HttpFilterFactory> factory = httpFilters.factory(extension.typeUrl());
    if (factory.isEmpty()) {
      unknown(extension, "a filter that is known here", resource, at, errors);
      return Optional.empty();
    }
    try {
      return Optional.of(
          FilterEntry.of(
              extension.name(),
              FactoryCall.guarded(
                  extension.name(),
                  () -> factory.get().parse(extension.config(), contexts.apply(httpScope(http)))),
              extension.disabled()));
    } catch (FilterConfigException refused) {
      errors.add(refusal(refused, resource, at));
      return Optional.empty();
    }
  }

  private Optional<NetworkFilterFactory.NetworkFilterConfig> network(
      ExtensionConfig extension, String resource, String at, List<ConfigError> errors) {
    if (extension.discovery().isPresent()) {
      return discovery.network(extension, contexts.apply(root), resource, at, errors);
    }
    for (NetworkFilterFactory factory : networkFilters) {
      if (factory.typeUrls().contains(extension.typeUrl())) {
        try {
          return Optional.of(
              FactoryCall.guarded(
                  extension.name(), () -> factory.parse(extension.config(), contexts.apply(root))));
        } catch (FilterConfigException refused) {
          errors.add(refusal(refused, resource, at));
          return Optional.empty();
        }
      }
    }
    unknown(extension, "an extension that is known here", resource, at, errors);
    return Optional.empty();
  }

  private Optional<ListenerFilterFactory.ListenerFilterConfig> listenerFilter(
      ExtensionConfig extension, int index, String resource, List<ConfigError> errors) {
    String at = "listener_filters[" + index + "]";
    if (extension.discovery().isPresent()) {
      return discovery.listener(extension, contexts.apply(root), resource, at, errors);
    }
    for (ListenerFilterFactory factory : listenerFilters) {
      if (factory.typeUrls().contains(extension.typeUrl())) {
        try {
          return Optional.of(
              FactoryCall.guarded(
                  extension.name(), () -> factory.parse(extension.config(), contexts.apply(root))));
        } catch (FilterConfigException refused) {
          errors.add(refusal(refused, resource, at));
          return Optional.empty();
        }
      }
    }
    unknown(extension, "an extension that is known here", resource, at, errors);
    return Optional.empty();
  }

  private Optional<AccessLogger> logger(
      ExtensionConfig extension,
      boolean http,
      String resource,
      String at,
      List<ConfigError> errors) {
    for (AccessLoggerFactory factory : accessLoggers) {
      if (factory.typeUrls().contains(extension.typeUrl())) {
        if (!(http ? factory.logsExchanges() : factory.logsConnections())) {
          errors.add(
              new ConfigError(
                  resource,
                  at + ".typed_config",
                  extension.typeUrl(),
                  "an access logger of " + (http ? "HTTP exchanges" : "TCP connections")));
          return Optional.empty();
        }
        try {
          return Optional.of(
              FactoryCall.guarded(
                  extension.name(), () -> factory.parse(extension.config(), contexts.apply(root))));
        } catch (FilterConfigException refused) {
          errors.add(refusal(refused, resource, at));
          return Optional.empty();
        }
      }
    }
    unknown(extension, "an extension that is known here", resource, at, errors);
    return Optional.empty();
  }

  /** Refuses, or skips what is optional and says so. */
  private static void unknown(
      ExtensionConfig extension,
      String expected,
      String resource,
      String at,
      List<ConfigError> errors) {
    if (extension.optional()) {
      LOG.warn(
          "{}: {}: {} is not known here and is skipped, as it is optional",
          resource,
          at,
          extension.typeUrl());
      return;
    }
    errors.add(
        new ConfigError(
            resource,
            at,
            extension.typeUrl(),
            LaterExtensions.expected(extension.typeUrl(), expected)));
  }

  private static ConfigError refusal(FilterConfigException refused, String resource, String at) {
    return new ConfigError(
        resource,
        refused.field().isEmpty() ? at + ".typed_config" : at + ".typed_config." + refused.field(),
        refused.offending(),
        refused.expected());
  }

  private void check(
      List<AccessLogConfig> logs,
      boolean http,
      String resource,
      String at,
      List<ConfigError> errors) {
    for (int i = 0; i < logs.size(); i++) {
      String here = (at.isEmpty() ? "" : at + ".") + "access_log[" + i + "]";
      switch (target(logs.get(i))) {
        case AccessLogConfig.Filtered _ ->
            throw new IllegalStateException("a filter within a filter");
        case AccessLogConfig.Lines lines -> format(lines, resource, here, errors);
        case ExtensionConfig extension ->
            // Only to see whether it is accepted.
            logger(extension, http, resource, here, errors).ifPresent(AccessLogger::close);
      }
    }
  }

  private static void format(
      AccessLogConfig.Lines log, String resource, String at, List<ConfigError> errors) {
    try {
      var _ = LogWriter.format(log.format());
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
    }
  }

  /** What serves a listener. */
  record Compiled(
      List<LiveChain> chains,
      ChainSelector<LiveChain> selector,
      List<ListenerFilterFactory.ListenerFilterConfig> listenerFilters,
      ListenerLogs logs) {}

  /**
   * Compiles a listener that {@link #check} accepts. Files of access logs are opened; routes by RDS
   * are looked up in {@code tables}, and entered there where they are not known yet.
   *
   * @param alive chains that serve already, which are taken as they are
   * @param group makes the group of a chain's connections
   */
  Optional<Compiled> compile(
      ListenerConfig config,
      RouteTables tables,
      Map<FilterChainConfig, LiveChain> alive,
      ListenerStats stats,
      Supplier<ConnectionGroup> group,
      List<ConfigError> errors) {
    String resource = "Listener " + config.name();
    List<ListenerFilterFactory.ListenerFilterConfig> first =
        listenerFilters(config, resource, errors);
    List<LiveChain> chains = new ArrayList<>();
    List<Chain> made = new ArrayList<>();
    List<FilterChainConfig> configs = config.allChains();
    for (int i = 0; i < configs.size(); i++) {
      LiveChain before = alive.get(configs.get(i));
      if (before != null) {
        chains.add(before);
        continue;
      }
      boolean last = i == config.filterChains().size();
      chain(
              configs.get(i),
              config,
              last ? "default_filter_chain" : "filter_chains[" + i + "]",
              stats,
              tables,
              errors)
          .ifPresent(chain -> {
            made.add(chain);
            chains.add(new LiveChain(chain, group.get()));
          });
    }
    ListenerLogs logs =
        new ListenerLogs(
            open(config.accessLogs(), resource, errors),
            loggers(config.accessLogs(), false, resource, errors));
    if (!errors.isEmpty()) {
      made.forEach(Chain::close);
      logs.close();
      Discovery.leave(first);
      return Optional.empty();
    }
    int matched = config.filterChains().size();
    LiveChain byDefault = chains.size() > matched ? chains.get(matched) : null;
    ChainSelector<LiveChain> selector =
        config
            .chainMatcher()
            .map(tree -> ChainSelector.byTree(tree, byName(config, chains), byDefault))
            .orElseGet(() ->
                ChainSelector.compile(
                        chains.subList(0, matched),
                        config.filterChains().stream().map(FilterChainConfig::match).toList(),
                        byDefault)
                    .selector());
    return Optional.of(new Compiled(chains, selector, first, logs));
  }

  private static Map<String, LiveChain> byName(ListenerConfig config, List<LiveChain> chains) {
    Map<String, LiveChain> named = new HashMap<>();
    for (int i = 0; i < config.filterChains().size(); i++) {
      named.put(config.filterChains().get(i).name(), chains.get(i));
    }
    return named;
  }

  /** As Envoy does, TLS is looked into where chains are chosen by it and nothing else would. */
  private List<ListenerFilterFactory.ListenerFilterConfig> listenerFilters(
      ListenerConfig config, String resource, List<ConfigError> errors) {
    List<ListenerFilterFactory.ListenerFilterConfig> first = new ArrayList<>();
    boolean inspects = false;
    for (int i = 0; i < config.listenerFilters().size(); i++) {
      ExtensionConfig extension = config.listenerFilters().get(i);
      inspects |= BuiltInListenerFilters.TLS_INSPECTOR.typeUrls().contains(extension.typeUrl());
      listenerFilter(extension, i, resource, errors).ifPresent(first::add);
    }
    boolean wanted =
        ChainSelector.looksInside(
            config.filterChains().stream().map(FilterChainConfig::match).toList());
    if (wanted && !inspects) {
      String type = BuiltInListenerFilters.TLS_INSPECTOR.typeUrls().iterator().next();
      listenerFilter(
              new ExtensionConfig(
                  "tls_inspector", type, Any.newBuilder().setTypeUrl(type).build(), false, false),
              first.size(),
              resource,
              errors)
          .ifPresent(first::add);
    }
    return first;
  }

  private Optional<Chain> chain(
      FilterChainConfig config,
      ListenerConfig listener,
      String at,
      ListenerStats stats,
      RouteTables tables,
      List<ConfigError> errors) {
    String resource = "Listener " + listener.name();
    List<NetworkFilterFactory.NetworkFilterConfig> before = new ArrayList<>();
    Optional<Chain.Terminal> terminal = Optional.empty();
    for (NetworkFilterConfig filter : config.filters()) {
      switch (filter) {
        case ExtensionConfig extension -> {
          network(extension, resource, at + ".filters", errors).ifPresent(before::add);
          if (terminal(extension)) {
            terminal = Optional.of(Chain.Terminal.Filter.LAST);
          }
        }
        case HttpConnectionManagerConfig http ->
            terminal =
                Optional.of(
                    new Chain.Terminal.Http(manager(http, listener, resource, tables, errors)));
        case TcpProxyConfig tcp -> {
          try {
            terminal =
                Optional.of(
                    new Chain.Terminal.Tcp(
                        new TcpProxy(
                            tcp,
                            clusters,
                            root.tagged("tcp", "envoy_tcp_prefix", tcp.statPrefix()),
                            open(tcp.accessLogs(), resource, errors),
                            loggers(tcp.accessLogs(), false, resource, errors))));
          } catch (IllegalArgumentException unsupported) {
            errors.add(
                new ConfigError(
                    resource,
                    at + ".filters",
                    "tunneling_config",
                    String.valueOf(unsupported.getMessage())));
          }
        }
      }
    }
    if (terminal.isEmpty()) {
      errors.add(
          new ConfigError(
              resource,
              at + ".filters",
              "no last filter",
              "http_connection_manager or tcp_proxy as the last"));
      return Optional.empty();
    }
    DownstreamTls tls =
        switch (config.transport()) {
          case DownstreamTransport.Raw _ -> null;
          case DownstreamTransport.Tls secured ->
              DownstreamTls.open(
                  secured.config(),
                  resource + ", " + at,
                  secrets,
                  files,
                  new TlsStats(stats.scope(), "server"));
        };
    return Optional.of(new Chain(config, tls, before, terminal.get()));
  }

  private HttpChain manager(
      HttpConnectionManagerConfig http,
      ListenerConfig listener,
      String resource,
      RouteTables tables,
      List<ConfigError> errors) {
    List<FilterEntry> filters = new ArrayList<>();
    List<ExtensionConfig> beforeRouter =
        http.httpFilters().subList(0, Math.max(0, http.httpFilters().size() - 1));
    for (ExtensionConfig extension : beforeRouter) {
      filter(http, extension, resource, "http_filters", errors).ifPresent(filters::add);
    }
    List<RouteHolder> own = new ArrayList<>();
    RouteSupply supply =
        switch (http.routes()) {
          case RouteSource.Inline inline -> {
            RouteHolder holder = new RouteHolder();
            holder.set(
                new RouteHolder.Routes(
                    routes(inline.routes(), CompiledRoutes.EMPTY, errors),
                    inline.routes().internalOnlyHeaders(),
                    true));
            own.add(holder);
            yield holder;
          }
          case RouteSource.Rds rds -> tables.holder(rds.routeConfigName());
          case RouteSource.Scoped scoped ->
              new ScopeHolder(ScopeKey.of(scoped.key()), scopes(scoped, tables, own, errors));
        };
    return new HttpChain(
        http,
        supply,
        clusters,
        httpScope(http),
        filters,
        open(http.accessLogs(), resource, errors),
        loggers(http.accessLogs(), true, resource, errors),
        listener.perConnectionBufferLimitBytes(),
        () -> own.forEach(RouteHolder::clear),
        contexts.apply(root).runtime());
  }

  private static ScopeHolder.Scopes scopes(
      RouteSource.Scoped scoped,
      RouteTables tables,
      List<RouteHolder> own,
      List<ConfigError> errors) {
    return switch (scoped.scopes()) {
      case RouteSource.Scopes.Srds _ -> tables.scopes(scoped.name());
      case RouteSource.Scopes.Inline inline -> {
        ScopeHolder.Scopes scopes = new ScopeHolder.Scopes();
        Map<String, RouteHolder> tablesWithin = new HashMap<>();
        scopes.set(
            tables.scopes(
                inline.scopes(), Map.of(), tablesWithin, "Scopes " + scoped.name(), errors));
        own.addAll(tablesWithin.values());
        yield scopes;
      }
    };
  }

  private List<AccessLog> open(
      List<AccessLogConfig> configs, String resource, List<ConfigError> errors) {
    List<AccessLog> opened = new ArrayList<>();
    for (AccessLogConfig config : configs) {
      if (!(target(config) instanceof AccessLogConfig.Lines lines)) {
        continue;
      }
      try {
        opened.add(logs.open(lines, filter(config)));
      } catch (IOException failure) {
        errors.add(
            new ConfigError(
                resource,
                "access_log",
                String.valueOf(failure.getMessage()),
                "a file that can be written"));
      }
    }
    return opened;
  }

  private static AccessLogConfig target(AccessLogConfig config) {
    return config instanceof AccessLogConfig.Filtered(_, AccessLogConfig log) ? log : config;
  }

  private LogFilter filter(AccessLogConfig config) {
    return config instanceof AccessLogConfig.Filtered(AccessLogFilter filter, _)
        ? LogFilter.of(filter, contexts.apply(root).runtime())
        : LogFilter.ALL;
  }

  private List<FilteredLogger> loggers(
      List<AccessLogConfig> configs, boolean http, String resource, List<ConfigError> errors) {
    List<FilteredLogger> made = new ArrayList<>();
    for (AccessLogConfig config : configs) {
      if (target(config) instanceof ExtensionConfig extension) {
        logger(extension, http, resource, "access_log", errors)
            .ifPresent(logger -> made.add(new FilteredLogger(filter(config), logger)));
      }
    }
    return made;
  }
}
