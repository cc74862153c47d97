package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.GatewaySpec.Protocol;
import io.heddle.control.api.resource.GatewaySpec.TlsMode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes the listener of one port of a Gateway.
 *
 * <p>A port of HTTP has one filter chain. A port of TLS has one for each listener, or for each
 * server name of a route that passes TLS through, told apart by the server name that the client
 * asks for; a connection that asks for none of them is closed (Gateway API, {@code
 * Listener.hostname}). All HTTP of a port shares one table of routes, so that the host of a request
 * need not be the server name of its connection.
 */
final class GatewayPort {
  private static final String TCP_PROXY = "envoy.filters.network.tcp_proxy";
  private static final String TLS_INSPECTOR = "envoy.filters.listener.tls_inspector";
  private static final Duration TCP_IDLE = Duration.newBuilder().setSeconds(3_600).build();
  private static final Duration HANDSHAKE = Duration.newBuilder().setSeconds(15).build();
  private static final Comparator<BoundRoute> AGE =
      Comparator.comparing(BoundRoute::created).thenComparing(BoundRoute::key);

  private final ObjectKey gateway;
  private final int port;
  private final List<BoundListener> listeners;
  private final List<BoundRoute> streams;
  private final Map<ObjectKey, Long> from;
  private final Policies policies;

  /**
   * @param routes of all kinds
   * @param from is filled with the routes of TLS and TCP, and the policies, that the port embodies
   */
  GatewayPort(
      World world,
      GatewayListeners all,
      int port,
      Collection<BoundRoute> routes,
      Map<ObjectKey, Long> from) {
    this.gateway = all.gateway().key();
    this.port = port;
    this.listeners = all.inForce(port);
    this.from = from;
    this.policies = new Policies(world, from);
    this.streams = new ArrayList<>();
    for (BoundRoute route : routes) {
      if (!route.http() && route.gateways().stream().anyMatch(this::here)) {
        streams.add(route);
      }
    }
    streams.sort(AGE);
  }

  private boolean here(BoundRoute.Attachment place) {
    return place.gateway().equals(gateway) && place.port() == port;
  }

  /** The listener; empty where nothing would be behind it. */
  Optional<Listener> listener(String name, HostPort address) {
    List<FilterChain> chains = new ArrayList<>();
    boolean encrypted = false;
    for (BoundListener listener : listeners) {
      switch (listener.spec().protocol()) {
        case HTTP -> chains.add(FilterChain.newBuilder().addFilters(http(listener)).build());
        case HTTPS -> {
          encrypted = true;
          chains.add(
              FilterChain.newBuilder()
                  .setName(chainName(listener.hostname()))
                  .setFilterChainMatch(serverNames(List.of(listener.hostname())))
                  .setTransportSocket(
                      TlsProtos.downstream(listener.certificates(), true, client(listener)))
                  .setTransportSocketConnectTimeout(HANDSHAKE)
                  .addFilters(http(listener))
                  .build());
        }
        case TLS -> {
          encrypted = true;
          if (listener.spec().tls().mode() == TlsMode.PASSTHROUGH) {
            passThrough(listener, chains);
          } else {
            terminated(listener, chains);
          }
        }
        case TCP ->
            oldest(listener, Kind.TCP_ROUTE)
                .ifPresent(route ->
                    chains.add(FilterChain.newBuilder().addFilters(tcp(listener, route)).build()));
      }
      if (listener.spec().protocol() == Protocol.HTTP) {
        break; // the others of the port are hosts of its table
      }
    }
    if (chains.isEmpty()) {
      return Optional.empty();
    }
    Listener.Builder out = HttpListeners.bound(name, address).addAllFilterChains(chains);
    client(listeners.getFirst())
        .filter(policy -> policy.bufferLimit() > 0)
        .ifPresent(
            policy -> out.setPerConnectionBufferLimitBytes(UInt32Value.of(policy.bufferLimit())));
    if (encrypted) {
      out.addListenerFilters(
          ListenerFilter.newBuilder()
              .setName(TLS_INSPECTOR)
              .setTypedConfig(Any.pack(TlsInspector.getDefaultInstance())));
    }
    return Optional.of(out.build());
  }

  private Filter http(BoundListener listener) {
    return HttpListeners.gateway(
        port,
        Names.gatewayRoutes(gateway, port),
        client(listener),
        policies.accessLog(places(listener)));
  }

  private Optional<ClientTrafficPolicySpec> client(BoundListener listener) {
    return policies.client(places(listener));
  }

  /** Of several HTTP listeners of a port none can have settings of its own. */
  private List<Policies.Place> places(BoundListener listener) {
    boolean shared = listener.spec().protocol() == Protocol.HTTP && listeners.size() > 1;
    return Policies.placesOf(gateway, listener.holder(), shared ? "" : listener.spec().name());
  }

  /** Each server name once: the route that names it first, by age, has it. */
  private void passThrough(BoundListener listener, List<FilterChain> chains) {
    byServerName(listener)
        .forEach((name, route) ->
            chains.add(
                FilterChain.newBuilder()
                    .setName(chainName(name))
                    .setFilterChainMatch(serverNames(List.of(name)))
                    .addFilters(tcp(listener, route))
                    .build()));
  }

  private void terminated(BoundListener listener, List<FilterChain> chains) {
    Map<String, BoundRoute> routes = new LinkedHashMap<>(byServerName(listener));
    oldest(listener, Kind.TCP_ROUTE)
        .ifPresent(route -> routes.putIfAbsent(listener.hostname(), route));
    routes.forEach((name, route) ->
        chains.add(
            FilterChain.newBuilder()
                .setName(chainName(name))
                .setFilterChainMatch(serverNames(List.of(name)))
                .setTransportSocket(
                    TlsProtos.downstream(listener.certificates(), false, client(listener)))
                .setTransportSocketConnectTimeout(HANDSHAKE)
                .addFilters(tcp(listener, route))
                .build()));
  }

  private Map<String, BoundRoute> byServerName(BoundListener listener) {
    Map<String, BoundRoute> routes = new TreeMap<>();
    for (BoundRoute route : streams) {
      if (route.object().kind() == Kind.TLS_ROUTE) {
        for (BoundRoute.Attachment place : route.gateways()) {
          if (at(place, listener)) {
            place.hostnames().forEach(name -> routes.putIfAbsent(name, route));
          }
        }
      }
    }
    return routes;
  }

  private Optional<BoundRoute> oldest(BoundListener listener, Kind kind) {
    return streams.stream()
        .filter(route -> route.object().kind() == kind)
        .filter(route -> route.gateways().stream().anyMatch(place -> at(place, listener)))
        .findFirst();
  }

  private boolean at(BoundRoute.Attachment place, BoundListener listener) {
    return here(place)
        && place.holder().equals(listener.holder())
        && place.listener().equals(listener.spec().name());
  }

  private static FilterChainMatch serverNames(List<String> names) {
    FilterChainMatch.Builder match = FilterChainMatch.newBuilder();
    names.stream().filter(name -> !name.equals(Hostnames.ANY)).forEach(match::addServerNames);
    return match.setTransportProtocol("tls").build();
  }

  private static String chainName(String hostname) {
    return hostname.equals(Hostnames.ANY) ? "any" : hostname;
  }

  private Filter tcp(BoundListener listener, BoundRoute route) {
    from.put(route.key(), route.object().metadata().generation());
    TcpProxy.Builder out =
        TcpProxy.newBuilder()
            .setStatPrefix("gateway_" + port)
            .setIdleTimeout(TCP_IDLE)
            .addAllAccessLog(AccessLogs.of(policies.accessLog(places(listener))));
    client(listener)
        .ifPresent(policy -> ClientProtos.limit(policy.timeouts().tcpIdle(), out::setIdleTimeout));
    List<BoundRoute.Backend> backends = route.gatewayTargets().getFirst().backends();
    if (backends.size() == 1) {
      out.setCluster(backends.getFirst().cluster());
    } else if (backends.isEmpty()) {
      out.setCluster(Names.UNRESOLVED);
    } else {
      TcpProxy.WeightedCluster.Builder weighted = TcpProxy.WeightedCluster.newBuilder();
      for (BoundRoute.Backend backend : backends) {
        weighted.addClusters(
            TcpProxy.WeightedCluster.ClusterWeight.newBuilder()
                .setName(backend.cluster())
                .setWeight(backend.weight()));
      }
      out.setWeightedClusters(weighted);
    }
    out.setMaxConnectAttempts(UInt32Value.of(1));
    return Filter.newBuilder().setName(TCP_PROXY).setTypedConfig(Any.pack(out.build())).build();
  }
}
