package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ServiceSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The listeners of gRPC applications: for each name by which a service is called one that stands
 * for the client's channel, and for a server the one at its address. Either has one filter that
 * every library knows, the router; a server refuses listener filters and {@code use_original_dst}.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md">gRFC
 *     A27</a>, A36 (servers), A29 (TLS)
 */
final class ProxylessListeners {
  private ProxylessListeners() {}

  /** The names by which a service is called: {@code xds:///NAME}, with or without a port. */
  static List<String> names(String namespace, ObjectKey service, ServiceSpec spec) {
    List<String> names = new ArrayList<>();
    for (String domain : OutboundTable.domains(namespace, service)) {
      names.add(domain);
      for (ServiceSpec.Port port : spec.ports()) {
        names.add(domain + ":" + port.port());
      }
    }
    return names;
  }

  static Listener client(String name, String routes) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(Names.OUTBOUND)
            .setRds(HttpListeners.rds(routes))
            .addHttpFilters(HttpListeners.router())
            .build();
    return Listener.newBuilder()
        .setName(name)
        .setApiListener(ApiListener.newBuilder().setApiListener(Any.pack(manager)))
        .build();
  }

  static Listener server(HostPort address, NodeFacts.Certificates certificates) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(Names.INBOUND)
            .setRouteConfig(
                RouteConfiguration.newBuilder()
                    .setName(Names.INBOUND)
                    .addVirtualHosts(
                        VirtualHost.newBuilder()
                            .setName(Names.INBOUND)
                            .addDomains("*")
                            .addRoutes(
                                Route.newBuilder()
                                    .setName("default")
                                    .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                                    .setNonForwardingAction(
                                        NonForwardingAction.getDefaultInstance()))))
            .addHttpFilters(HttpListeners.router())
            .build();
    FilterChain.Builder chain =
        FilterChain.newBuilder()
            .setName(Names.INBOUND)
            .addFilters(
                Filter.newBuilder().setName(HttpListeners.HCM).setTypedConfig(Any.pack(manager)));
    if (certificates.own()) {
      chain.setTransportSocket(
          TlsProtos.proxylessDownstream(certificates == NodeFacts.Certificates.MUTUAL));
    }
    return Listener.newBuilder()
        .setName(Names.GRPC_SERVER + address)
        .setAddress(Endpoints.address(address.address(), address.port()))
        .addFilterChains(chain)
        .build();
  }
}
