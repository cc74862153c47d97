package io.heddle.xds.model;

import java.util.List;

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
 * @param edits what is done to the headers of the copy, one after the other
 */
public record MirrorPolicy(
    String cluster,
    String clusterHeader,
    Fraction fraction,
    String runtimeKey,
    boolean hostSuffix,
    String hostRewrite,
    List<HeaderMutations> edits) {
  public MirrorPolicy {
    edits = List.copyOf(edits);
  }

  /** A copy whose headers are those of the request. */
  public MirrorPolicy(
      String cluster,
      String clusterHeader,
      Fraction fraction,
      String runtimeKey,
      boolean hostSuffix,
      String hostRewrite) {
    this(cluster, clusterHeader, fraction, runtimeKey, hostSuffix, hostRewrite, List.of());
  }
}
