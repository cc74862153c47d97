package io.heddle.proxy.engine.listener;

import com.google.protobuf.Any;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.accesslog.LogWriter;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.inspect.BuiltInListenerFilters;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.tcp.TcpProxy;
import io.heddle.proxy.engine.tls.DownstreamTls;
import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.proxy.engine.tls.TlsStats;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DownstreamTransport;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.TcpProxyConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes what serves traffic out of configuration, or says what is wrong with it. Stateless. */
public final class ChainCompiler {
  private final Clusters clusters;
  private final Scope root;
  private final FilterFactoryContext context;
  private final LogCompiler logs;
  private final FilterCompiler filters;
  private final HttpCompiler http;
  private final Secrets secrets;
  private final FileWatch files;

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
    this.context = contexts.apply(root);
    this.filters =
        new FilterCompiler(httpFilters, networkFilters, listenerFilters, contexts, root, discovery);
    this.logs = new LogCompiler(logs, accessLoggers, context);
    this.http = new HttpCompiler(clusters, root, httpFilters, filters, this.logs, context);
    this.secrets = secrets;
    this.files = files;
  }

  /**
   * Compiles routes; who gets them calls {@link CompiledRoutes#done}, also where they are wrong.
   *
   * @param before what they follow, whose virtual hosts are kept where they are the same
   */
  public CompiledRoutes routes(RouteTable table, CompiledRoutes before, List<ConfigError> errors) {
    return http.routes(table, before, errors);
  }

  /** What would be refused of a listener. */
  public List<ConfigError> check(ListenerConfig config) {
    List<ConfigError> errors = new ArrayList<>();
    String resource = "Listener " + config.name();
    for (int i = 0; i < config.listenerFilters().size(); i++) {
      // Only to see whether it is accepted.
      filters
          .listener(config.listenerFilters().get(i), i, resource, errors)
          .ifPresent(filter -> Discovery.leave(List.of(filter)));
    }
    logs.check(config.accessLogs(), false, resource, "", errors);
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
      checkMatcher(config.chainMatcher().get(), resource, errors);
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

  private void checkMatcher(MatchTree<String> tree, String resource, List<ConfigError> errors) {
    try {
      var _ = ChainSelector.byTree(tree, context.expressions(), Map.of(), null);
    } catch (IllegalArgumentException wrong) {
      errors.add(
          new ConfigError(
              resource,
              "filter_chain_matcher",
              String.valueOf(wrong.getMessage()),
              "an expression over attributes that are known when a filter chain is chosen"));
    }
  }

  private void check(
      FilterChainConfig chain, String resource, String at, List<ConfigError> errors) {
    if (chain.transport() instanceof DownstreamTransport.Tls tls) {
      DownstreamTls.check(tls.config(), resource, at + ".transport_socket.typed_config")
          .ifPresent(errors::add);
    }
    List<NetworkFilterConfig> inChain = chain.filters();
    for (int i = 0; i < inChain.size(); i++) {
      String here = at + ".filters[" + i + "]";
      boolean last = i == inChain.size() - 1;
      if (filters.known(inChain.get(i)) && last != filters.terminal(inChain.get(i))) {
        errors.add(
            new ConfigError(
                resource,
                here,
                inChain.get(i).name(),
                last
                    ? "a terminal filter as the last, such as http_connection_manager or tcp_proxy"
                    : "a filter that is not terminal, or as the last one"));
      }
      switch (inChain.get(i)) {
        case HttpConnectionManagerConfig manager ->
            http.check(manager, resource, here + ".typed_config", errors);
        case TcpProxyConfig tcp -> {
          logs.check(tcp.accessLogs(), false, resource, here + ".typed_config", errors);
          TcpProxy.check(tcp, context.expressions(), resource, here + ".typed_config", errors);
        }
        case ExtensionConfig extension ->
            filters
                .network(extension, resource, here, errors)
                .ifPresent(filter -> Discovery.leave(List.of(filter)));
      }
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
    ListenerLogs own =
        new ListenerLogs(
            logs.open(config.accessLogs(), resource, errors),
            logs.loggers(config.accessLogs(), false, resource, errors));
    if (!errors.isEmpty()) {
      made.forEach(Chain::close);
      own.close();
      Discovery.leave(first);
      return Optional.empty();
    }
    int matched = config.filterChains().size();
    LiveChain byDefault = chains.size() > matched ? chains.get(matched) : null;
    ChainSelector<LiveChain> selector =
        config
            .chainMatcher()
            .map(tree ->
                ChainSelector.byTree(
                    tree, context.expressions(), byName(config, chains), byDefault))
            .orElseGet(() ->
                ChainSelector.compile(
                        chains.subList(0, matched),
                        config.filterChains().stream().map(FilterChainConfig::match).toList(),
                        byDefault)
                    .selector());
    return Optional.of(new Compiled(chains, selector, first, own));
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
      filters.listener(extension, i, resource, errors).ifPresent(first::add);
    }
    boolean wanted =
        ChainSelector.looksInside(
            config.filterChains().stream().map(FilterChainConfig::match).toList());
    if (wanted && !inspects) {
      String type = BuiltInListenerFilters.TLS_INSPECTOR.typeUrls().iterator().next();
      filters
          .listener(
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
          filters.network(extension, resource, at + ".filters", errors).ifPresent(before::add);
          if (filters.terminal(extension)) {
            terminal = Optional.of(Chain.Terminal.Filter.LAST);
          }
        }
        case HttpConnectionManagerConfig manager ->
            terminal =
                Optional.of(
                    new Chain.Terminal.Http(
                        http.compile(manager, listener, resource, tables, errors)));
        case TcpProxyConfig tcp ->
            terminal =
                Optional.of(
                    new Chain.Terminal.Tcp(
                        new TcpProxy(
                            tcp,
                            clusters,
                            root.tagged("tcp", "envoy_tcp_prefix", tcp.statPrefix()),
                            logs.open(tcp.accessLogs(), resource, errors),
                            logs.loggers(tcp.accessLogs(), false, resource, errors),
                            context.expressions())));
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
}
