package io.heddle.xds.model;

/**
 * A kind of requests that is counted by itself ({@code envoy.config.route.v3.VirtualCluster}).
 *
 * @param match the headers that such requests have, pseudo-headers among them
 */
public record VirtualClusterConfig(String name, RouteMatch match) {}
