package io.heddle.proxy.app.dynamic;

import io.heddle.xds.client.XdsClient;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;

/**
 * Something that is subscribed to, and what its statistics are called.
 *
 * @param name of the resource, or the wildcard
 * @param group what comes before the type in the name of its statistics: the prefix of a connection
 *     manager, the kind of a filter; empty where there is none
 * @param label what comes after the type, or stands alone: the name of a route table, a set of
 *     scopes, a secret, a filter, a cluster
 */
record Subscription(ResourceType type, Origin origin, String name, String group, String label) {

  /** All clusters, listeners or the runtime. */
  static Subscription whole(ResourceType type, Origin origin) {
    return new Subscription(type, origin, XdsClient.WILDCARD, "", "");
  }
}
