package io.heddle.xds.client;

import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.xds.model.NodeConfig;

/** Says on the wire who this proxy is. */
public final class XdsNode {
  private XdsNode() {}

  /** The node of a bootstrap as {@code envoy.config.core.v3.Node}. */
  public static Node of(NodeConfig config, String version) {
    Node.Builder node =
        Node.newBuilder()
            .setId(config.id())
            .setCluster(config.cluster())
            .setMetadata(config.metadata())
            .setUserAgentName("heddle")
            .setUserAgentVersion(version)
            // What has a time to live is believed for so long, and renewed, in either variant.
            .addClientFeatures("xds.config.resource-in-sotw")
            .addClientFeatures("xds.config.supports-resource-ttl");
    Locality locality =
        Locality.newBuilder()
            .setRegion(config.locality().region())
            .setZone(config.locality().zone())
            .setSubZone(config.locality().subZone())
            .build();
    if (!locality.equals(Locality.getDefaultInstance())) {
      node.setLocality(locality);
    }
    return node.build();
  }
}
