package io.heddle.control.core.explain;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.control.api.resource.Calls;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.Names;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.EncodedResource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a proxy holds of the mesh, and why it has just that.
 *
 * @param mode {@code all}, {@code declared}, {@code routes} or {@code asked}
 * @param because what decides it
 * @param held each cluster with its reason, in the order of their names
 */
public record Extent(String mode, String because, List<Held> held) {
  public Extent {
    held = List.copyOf(held);
  }

  /** A cluster that a proxy has. */
  public record Held(String cluster, String why) {}

  /**
   * Tells why a proxy holds what it holds.
   *
   * @param resources that the proxy has accepted
   * @param calls of the proxy's service
   */
  public static Extent of(Collection<EncodedResource> resources, NodeFacts node, Calls calls) {
    String mode =
        switch (node) {
          case NodeFacts.Sidecar _ -> calls.everything() ? "all" : "declared";
          case NodeFacts.GatewayProxy _ -> "routes";
          case NodeFacts.Grpc _ -> "asked";
          case NodeFacts.Unusable _ -> "nothing";
        };
    Map<String, TreeSet<String>> hosts = hosts(resources);
    List<Held> held = new ArrayList<>();
    for (String name : clusters(resources)) {
      held.add(new Held(name, why(name, mode, calls, hosts.getOrDefault(name, new TreeSet<>()))));
    }
    return new Extent(mode, because(node, calls), held);
  }

  private static TreeSet<String> clusters(Collection<EncodedResource> resources) {
    TreeSet<String> names = new TreeSet<>();
    for (EncodedResource resource : resources) {
      if (resource.type() == ResourceType.CLUSTER) {
        names.add(resource.name());
      }
    }
    return names;
  }

  private static String because(NodeFacts node, Calls calls) {
    return switch (node) {
      case NodeFacts.Sidecar sidecar ->
          Names.serviceOf(sidecar)
              + (calls.everything()
                  ? " does not say whom it calls: it may call every service (annotation "
                  : " says whom it calls (annotation ")
              + Calls.ANNOTATION
              + ")";
      case NodeFacts.GatewayProxy gateway ->
          "the routes of Gateway "
              + gateway.namespace()
              + "/"
              + gateway.gateway()
              + " say where requests go";
      case NodeFacts.Grpc _ -> "a gRPC application asks by name for whom it calls";
      case NodeFacts.Unusable unusable -> unusable.problem();
    };
  }

  /** The virtual hosts, with their tables, that lead to each cluster. */
  private static Map<String, TreeSet<String>> hosts(Collection<EncodedResource> resources) {
    Map<String, TreeSet<String>> hosts = new TreeMap<>();
    for (EncodedResource resource : resources) {
      if (resource.type() != ResourceType.ROUTES) {
        continue;
      }
      try {
        RouteConfiguration table = resource.any().unpack(RouteConfiguration.class);
        for (VirtualHost host : table.getVirtualHostsList()) {
          RouteConfiguration alone =
              RouteConfiguration.newBuilder()
                  .setName(table.getName())
                  .addVirtualHosts(host)
                  .build();
          EncodedResource part = EncodedResource.of(ResourceType.ROUTES, table.getName(), alone);
          for (String cluster : part.references()) {
            hosts
                .computeIfAbsent(cluster, _ -> new TreeSet<>())
                .add(host.getName() + " of " + table.getName());
          }
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(resource.name() + ": was encoded here", e);
      }
    }
    return hosts;
  }

  private static String why(String cluster, String mode, Calls calls, Collection<String> hosts) {
    if (cluster.equals(Names.INBOUND)) {
      return "its own application";
    }
    int slash = cluster.indexOf('/');
    boolean named =
        mode.equals("declared")
            && slash > 0
            && calls.includes(
                new ObjectKey(
                    Kind.SERVICE, cluster.substring(0, slash), cluster.substring(slash + 1)));
    if (named) {
      return "declared";
    }
    if (mode.equals("all")) {
      return "every service";
    }
    return hosts.isEmpty()
        ? "no route of its tables leads there any more"
        : "routes of " + String.join(", ", hosts);
  }
}
