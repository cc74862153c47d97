package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ListenerConfig.DrainType;
import io.heddle.xds.model.ListenerConfig.SocketSettings;
import io.heddle.xds.model.ListenerConfig.TrafficDirection;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.SocketEndpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a listener, whose encoding the guard has walked. */
final class ListenerReader {

  static final String TYPE = "envoy.config.listener.v3.Listener";
  private static final String HTTP_CONNECTION_MANAGER =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  private static final String TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

  private static final String ORIGINAL_DST =
      "envoy.extensions.filters.listener.original_dst.v3.OriginalDst";

  private static final String LISTENER_FILTERS = "envoy.extensions.filters.listener.";

  private final Findings findings;

  ListenerReader(Findings findings) {
    this.findings = findings;
  }

  ListenerConfig read(Listener listener, Path path) {
    SocketEndpoint address =
        AddressReader.ipOrPipe(
            listener.hasAddress(), listener.getAddress(), 0, path.field("address"), findings);
    List<FilterChainConfig> chains = new ArrayList<>();
    for (int i = 0; i < listener.getFilterChainsCount(); i++) {
      chains.add(chain(listener.getFilterChains(i), path.at("filter_chains", i)));
    }
    List<FilterChainConfig> byDefault =
        listener.hasDefaultFilterChain()
            ? List.of(chain(listener.getDefaultFilterChain(), path.field("default_filter_chain")))
            : List.of();
    if (chains.isEmpty() && byDefault.isEmpty()) {
      findings.error(path.field("filter_chains"), "no filter chain", "at least one");
    }
    return new ListenerConfig(
        listener.getName().isEmpty() ? address.toString() : listener.getName(),
        address,
        listener.getStatPrefix(),
        chains,
        byDefault,
        findings.bounded(
            listener.hasPerConnectionBufferLimitBytes(),
            listener.getPerConnectionBufferLimitBytes().getValue(),
            ListenerConfig.DEFAULT_BUFFER_LIMIT_BYTES,
            1,
            Integer.MAX_VALUE,
            path.field("per_connection_buffer_limit_bytes")),
        listenerFilters(listener, path),
        findings.duration(
            listener.hasListenerFiltersTimeout(),
            listener.getListenerFiltersTimeout(),
            ListenerConfig.DEFAULT_LISTENER_FILTERS_TIMEOUT,
            path.field("listener_filters_timeout")),
        listener.getContinueOnListenerFiltersTimeout(),
        !listener.hasEnableReusePort() || listener.getEnableReusePort().getValue(),
        !listener.hasBindToPort() || listener.getBindToPort().getValue(),
        direction(listener, path),
        drainType(listener, path),
        findings.bounded(
            listener.hasTcpBacklogSize(),
            listener.getTcpBacklogSize().getValue(),
            ListenerConfig.SYSTEM_BACKLOG,
            1,
            Integer.MAX_VALUE,
            path.field("tcp_backlog_size")),
        sockets(listener, path),
        AccessLogReader.read(listener.getAccessLogList(), path, findings),
        matcher(listener, path),
        MetadataReader.read(listener.hasMetadata(), listener.getMetadata(), findings));
  }

  /** With a matcher chains are known by their names and say nothing of themselves. */
  private Optional<MatchTree<String>> matcher(Listener listener, Path path) {
    if (!listener.hasFilterChainMatcher()) {
      return Optional.empty();
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < listener.getFilterChainsCount(); i++) {
      FilterChain chain = listener.getFilterChains(i);
      Path here = path.at("filter_chains", i);
      findings.required(chain.getName(), here.field("name"));
      if (!names.add(chain.getName())) {
        findings.error(here.field("name"), chain.getName(), "a name used by one chain");
      }
      if (chain.hasFilterChainMatch()) {
        findings.error(
            here.field("filter_chain_match"), "a value", "nothing beside filter_chain_matcher");
      }
    }
    return Optional.of(
        new MatchTreeReader<>(
                findings,
                new MatchReader(findings),
                new MatchInputReader(findings, false),
                (action, at) -> chainName(action.getTypedConfig(), names, at.field("typed_config")))
            .read(listener.getFilterChainMatcher(), path.field("filter_chain_matcher")));
  }

  private String chainName(Any action, Set<String> names, Path path) {
    String name = "";
    if (ExtensionReader.typeName(action).equals("google.protobuf.StringValue")) {
      try {
        name = StringValue.parseFrom(action.getValue()).getValue();
      } catch (InvalidProtocolBufferException malformed) {
        findings.error(path, "bytes that are not a message", "a google.protobuf.StringValue");
        return name;
      }
    } else {
      findings.error(path, action.getTypeUrl(), "a google.protobuf.StringValue");
      return name;
    }
    if (!names.contains(name)) {
      findings.error(path.field("value"), name, "the name of a filter chain");
    }
    return name;
  }

  private SocketSettings sockets(Listener listener, Path path) {
    List<SocketEndpoint> additional = new ArrayList<>();
    for (int i = 0; i < listener.getAdditionalAddressesCount(); i++) {
      var more = listener.getAdditionalAddresses(i);
      if (more.getAddress().getPipe().getMode() != 0) {
        findings.refuse(
            path.at("additional_addresses", i).field("address").field("pipe").field("mode"),
            Integer.toString(more.getAddress().getPipe().getMode()));
      }
      additional.add(
          AddressReader.ipOrPipe(
              more.hasAddress(),
              more.getAddress(),
              0,
              path.at("additional_addresses", i).field("address"),
              findings));
    }
    return new SocketSettings(
        additional,
        listener.getUseOriginalDst().getValue(),
        AddressReader.pipeMode(listener.getAddress(), path.field("address"), findings));
  }

  private List<ExtensionConfig> listenerFilters(Listener listener, Path path) {
    List<ExtensionConfig> read = new ArrayList<>();
    for (int i = 0; i < listener.getListenerFiltersCount(); i++) {
      ListenerFilter filter = listener.getListenerFilters(i);
      Path here = path.at("listener_filters", i);
      findings.required(filter.getName(), here.field("name"));
      if (filter.hasConfigDiscovery()) {
        read.add(
            ExtensionReader.discovered(
                filter.getName(),
                filter.getConfigDiscovery(),
                false,
                false,
                here.field("config_discovery"),
                findings));
        builtIn(
            filter.getConfigDiscovery().getDefaultConfig(),
            here.field("config_discovery").field("default_config"));
        continue;
      }
      read.add(
          ExtensionReader.read(
              filter.getName(),
              filter.getTypedConfig(),
              false,
              false,
              here.field("typed_config"),
              findings));
      builtIn(filter.getTypedConfig(), here.field("typed_config"));
    }
    if (listener.getUseOriginalDst().getValue()
        && read.stream().noneMatch(filter -> filter.typeUrl().endsWith(ORIGINAL_DST))) {
      // As Envoy, which knows no other way to the address that a connection was redirected from.
      Any any = Any.pack(OriginalDst.getDefaultInstance());
      read.add(
          new ExtensionConfig(
              "envoy.filters.listener.original_dst", any.getTypeUrl(), any, false, false));
    }
    return read;
  }

  /** Names the fields that are not supported of the listener filters that the engine has itself. */
  void builtIn(Any any, Path path) {
    String type = ExtensionReader.typeName(any);
    switch (type) {
      case LISTENER_FILTERS + "tls_inspector.v3.TlsInspector" ->
          findings.unpack(any, type, TlsInspector.parser(), path);
      case LISTENER_FILTERS + "http_inspector.v3.HttpInspector" ->
          findings.unpack(any, type, HttpInspector.parser(), path);
      case LISTENER_FILTERS + "original_dst.v3.OriginalDst" ->
          findings.unpack(any, type, OriginalDst.parser(), path);
      case LISTENER_FILTERS + "proxy_protocol.v3.ProxyProtocol" ->
          findings
              .unpack(any, type, ProxyProtocol.parser(), path)
              .ifPresent(proxy -> proxyProtocol(proxy, path));
      default -> {}
    }
  }

  private void proxyProtocol(ProxyProtocol proxy, Path path) {
    for (int i = 0; i < proxy.getRulesCount(); i++) {
      Path here = path.at("rules", i);
      findings.bounded(true, proxy.getRules(i).getTlvType(), 0, 0, 255, here.field("tlv_type"));
      if (proxy.getRules(i).hasOnTlvPresent()) {
        findings.required(
            proxy.getRules(i).getOnTlvPresent().getKey(),
            here.field("on_tlv_present").field("key"));
      }
    }
    for (int i = 0; i < proxy.getPassThroughTlvs().getTlvTypeCount(); i++) {
      findings.bounded(
          true,
          proxy.getPassThroughTlvs().getTlvType(i),
          0,
          0,
          255,
          path.field("pass_through_tlvs").at("tlv_type", i));
    }
  }

  private TrafficDirection direction(Listener listener, Path path) {
    return switch (listener.getTrafficDirection()) {
      case UNSPECIFIED -> TrafficDirection.UNSPECIFIED;
      case INBOUND -> TrafficDirection.INBOUND;
      case OUTBOUND -> TrafficDirection.OUTBOUND;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("traffic_direction"),
            Integer.toString(listener.getTrafficDirectionValue()),
            "UNSPECIFIED, INBOUND or OUTBOUND");
        yield TrafficDirection.UNSPECIFIED;
      }
    };
  }

  private DrainType drainType(Listener listener, Path path) {
    return switch (listener.getDrainType()) {
      case DEFAULT -> DrainType.DEFAULT;
      case MODIFY_ONLY -> DrainType.MODIFY_ONLY;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("drain_type"),
            Integer.toString(listener.getDrainTypeValue()),
            "DEFAULT or MODIFY_ONLY");
        yield DrainType.DEFAULT;
      }
    };
  }

  private FilterChainConfig chain(FilterChain chain, Path path) {
    List<NetworkFilterConfig> filters = new ArrayList<>();
    int last = chain.getFiltersCount() - 1;
    if (last < 0) {
      findings.error(path.field("filters"), "no filter", "at least one network filter");
    }
    for (int i = 0; i <= last; i++) {
      Path here = path.at("filters", i);
      filter(chain.getFilters(i), i == last, here).ifPresent(filters::add);
    }
    return new FilterChainConfig(
        chain.getName(),
        filters,
        new ChainMatchReader(findings)
            .read(chain.getFilterChainMatch(), path.field("filter_chain_match")),
        TransportSocketReader.downstream(
            chain.hasTransportSocket(), chain.getTransportSocket(), path, findings),
        findings.duration(
            chain.hasTransportSocketConnectTimeout(),
            chain.getTransportSocketConnectTimeout(),
            FilterChainConfig.DEFAULT_TRANSPORT_TIMEOUT,
            path.field("transport_socket_connect_timeout")),
        MetadataReader.read(chain.hasMetadata(), chain.getMetadata(), findings));
  }

  private Optional<NetworkFilterConfig> filter(Filter filter, boolean last, Path path) {
    findings.required(filter.getName(), path.field("name"));
    if (filter.hasConfigDiscovery()) {
      Path discovery = path.field("config_discovery");
      if (last) {
        findings.error(
            discovery, "a value", "typed_config, as the last filter is not fetched here");
      }
      return Optional.of(
          ExtensionReader.discovered(
              filter.getName(), filter.getConfigDiscovery(), false, false, discovery, findings));
    }
    Any any = filter.getTypedConfig();
    Path here = path.field("typed_config");
    String type = ExtensionReader.typeName(any);
    boolean terminal = type.equals(HTTP_CONNECTION_MANAGER) || type.equals(TCP_PROXY);
    if (terminal && !last) {
      findings.error(path, filter.getName(), "a filter that is not terminal, or as the last one");
    }
    return switch (type) {
      case HTTP_CONNECTION_MANAGER ->
          findings
              .unpack(any, type, HttpConnectionManager.parser(), here)
              .map(http ->
                  new HttpConnectionManagerReader(findings).read(filter.getName(), http, here));
      case TCP_PROXY ->
          findings
              .unpack(any, type, TcpProxy.parser(), here)
              .map(tcp -> new TcpProxyReader(findings).read(filter.getName(), tcp, here));
      default ->
          Optional.of(ExtensionReader.read(filter.getName(), any, false, false, here, findings));
    };
  }
}
