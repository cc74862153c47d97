package io.heddle.xds.model;

/**
 * Sends a copy of a request elsewhere and drops what comes back ({@code
 * envoy.config.route.v3.RouteAction.RequestMirrorPolicy}).
 *
 * @param cluster empty where a header names it
 * @param clusterHeader the header that names the cluster; empty where {@code cluster} does
 * @param fraction the share of requests that are copied
 * @param runtimeKey where runtime may override the fraction; empty for none
 * @param hostSuffix whether {@code -shadow} is put behind the host
 * @param hostRewrite the copy's host; empty leaves it
 */
public record MirrorPolicy(
    String cluster,
    String clusterHeader,
    Fraction fraction,
    String runtimeKey,
    boolean hostSuffix,
    String hostRewrite) {}
