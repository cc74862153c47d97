package io.heddle.xds.model.parse;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteAction.HostRewrite;
import io.heddle.xds.model.RouteAction.PathRewrite;
import io.heddle.xds.model.RouteAction.RedirectPath;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.heddle.xds.model.StructValue;
import io.heddle.xds.model.TimeoutOverride;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads what a route does with its requests. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class RouteActionReader {

  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final ClusterTarget NO_TARGET = new ClusterTarget.Single("");

  private final Findings findings;
  private final MatchReader matches;

  RouteActionReader(Findings findings, MatchReader matches) {
    this.findings = findings;
    this.matches = matches;
  }

  RouteAction forward(io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    return new RouteAction.Forward(
        target(action, path),
        notFoundStatus(action, path),
        pathRewrite(action, path),
        hostRewrite(action, path),
        findings.duration(action.hasTimeout(), action.getTimeout(), TIMEOUT, path.field("timeout")),
        override(action.hasIdleTimeout(), action.getIdleTimeout(), path.field("idle_timeout")),
        override(
            action.getMaxStreamDuration().hasMaxStreamDuration(),
            action.getMaxStreamDuration().getMaxStreamDuration(),
            path.field("max_stream_duration").field("max_stream_duration")),
        priority(action, path),
        new RouteAction.Balancing(hashPolicies(action, path), metadataMatch(action)));
  }

  private List<RouteAction.HashPolicy> hashPolicies(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    List<RouteAction.HashPolicy> policies = new ArrayList<>();
    for (int i = 0; i < action.getHashPolicyCount(); i++) {
      var policy = action.getHashPolicy(i);
      Path here = path.at("hash_policy", i);
      RouteAction.HashSource source =
          switch (policy.getPolicySpecifierCase()) {
            case HEADER ->
                new RouteAction.HashSource.Header(
                    pseudoOrHeader(
                        policy.getHeader().getHeaderName(),
                        here.field("header").field("header_name")));
            case COOKIE ->
                new RouteAction.HashSource.Cookie(
                    findings.required(
                        policy.getCookie().getName(), here.field("cookie").field("name")));
            case QUERY_PARAMETER ->
                new RouteAction.HashSource.QueryParameter(
                    findings.required(
                        policy.getQueryParameter().getName(),
                        here.field("query_parameter").field("name")));
            case CONNECTION_PROPERTIES, FILTER_STATE ->
                RouteAction.HashSource.SourceAddress.SOURCE_ADDRESS;
            case POLICYSPECIFIER_NOT_SET -> {
              findings.error(
                  here, "no policy", "header, cookie, query_parameter or connection_properties");
              yield RouteAction.HashSource.SourceAddress.SOURCE_ADDRESS;
            }
          };
      // Connection properties that name nothing to be hashed count for nothing.
      if (!policy.hasConnectionProperties() || policy.getConnectionProperties().getSourceIp()) {
        policies.add(new RouteAction.HashPolicy(source, policy.getTerminal()));
      }
    }
    return policies;
  }

  private String pseudoOrHeader(String name, Path path) {
    return name.startsWith(":") ? name : HeaderReader.name(name, path, findings);
  }

  private StructValue.Fields metadataMatch(io.envoyproxy.envoy.config.route.v3.RouteAction action) {
    if (!action.hasMetadataMatch()) {
      return StructValue.EMPTY;
    }
    Struct wanted =
        findings
            .map("filter_metadata", action.getMetadataMatch()::getFilterMetadataMap)
            .get("envoy.lb");
    return wanted == null ? StructValue.EMPTY : StructValue.of(wanted);
  }

  private TimeoutOverride override(boolean set, com.google.protobuf.Duration value, Path path) {
    return set
        ? new TimeoutOverride.To(findings.duration(true, value, Duration.ZERO, path))
        : TimeoutOverride.Inherited.INHERITED;
  }

  private ClusterTarget target(io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    return switch (action.getClusterSpecifierCase()) {
      case CLUSTER ->
          new ClusterTarget.Single(findings.required(action.getCluster(), path.field("cluster")));
      case CLUSTER_HEADER ->
          new ClusterTarget.FromHeader(
              headerOrAuthority(action.getClusterHeader(), path.field("cluster_header")));
      case WEIGHTED_CLUSTERS ->
          weighted(action.getWeightedClusters(), path.field("weighted_clusters"));
      case CLUSTER_SPECIFIER_PLUGIN, INLINE_CLUSTER_SPECIFIER_PLUGIN -> NO_TARGET;
      case CLUSTERSPECIFIER_NOT_SET -> {
        findings.error(path, "no cluster", "cluster, cluster_header or weighted_clusters");
        yield NO_TARGET;
      }
    };
  }

  private String headerOrAuthority(String name, Path path) {
    return name.equalsIgnoreCase(":authority")
        ? ":authority"
        : HeaderReader.name(name, path, findings);
  }

  private ClusterTarget weighted(WeightedCluster weighted, Path path) {
    List<ClusterTarget.WeightedCluster> clusters = new ArrayList<>();
    long total = 0;
    for (int i = 0; i < weighted.getClustersCount(); i++) {
      WeightedCluster.ClusterWeight cluster = weighted.getClusters(i);
      Path here = path.at("clusters", i);
      findings.required(cluster.getName(), here.field("name"));
      long weight = Integer.toUnsignedLong(cluster.getWeight().getValue());
      total += weight;
      clusters.add(
          new ClusterTarget.WeightedCluster(
              cluster.getName(),
              weight,
              HeaderReader.mutations(
                  cluster.getRequestHeadersToAddList(),
                  cluster.getRequestHeadersToRemoveList(),
                  "request",
                  here,
                  findings),
              HeaderReader.mutations(
                  cluster.getResponseHeadersToAddList(),
                  cluster.getResponseHeadersToRemoveList(),
                  "response",
                  here,
                  findings),
              cluster.getHostRewriteLiteral(),
              ExtensionReader.perFilter(cluster::getTypedPerFilterConfigMap, here, findings)));
    }
    if (total < 1 || total > 0xffff_ffffL) {
      findings.error(path.field("clusters"), "weights of " + total, "a sum from 1 to 4294967295");
    }
    if (weighted.hasTotalWeight()) {
      long claimed = Integer.toUnsignedLong(weighted.getTotalWeight().getValue());
      if (claimed != total) {
        findings.error(
            path.field("total_weight"), Long.toString(claimed), "the sum of the weights, " + total);
      }
    }
    return new ClusterTarget.Weighted(clusters, total);
  }

  private int notFoundStatus(io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    return switch (action.getClusterNotFoundResponseCode()) {
      case SERVICE_UNAVAILABLE -> 503;
      case NOT_FOUND -> 404;
      case INTERNAL_SERVER_ERROR -> 500;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("cluster_not_found_response_code"),
            Integer.toString(action.getClusterNotFoundResponseCodeValue()),
            "SERVICE_UNAVAILABLE, NOT_FOUND or INTERNAL_SERVER_ERROR");
        yield 503;
      }
    };
  }

  private PathRewrite pathRewrite(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    if (action.hasRegexRewrite()) {
      if (!action.getPrefixRewrite().isEmpty()) {
        findings.error(
            path.field("prefix_rewrite"),
            action.getPrefixRewrite(),
            "either prefix_rewrite or regex_rewrite");
      }
      MatchReader.Rewrite rewrite =
          matches.rewrite(action.getRegexRewrite(), path.field("regex_rewrite"));
      return new PathRewrite.Regex(rewrite.pattern(), rewrite.replacement());
    }
    return action.getPrefixRewrite().isEmpty()
        ? PathRewrite.Keep.KEEP
        : new PathRewrite.Prefix(target(action.getPrefixRewrite(), path.field("prefix_rewrite")));
  }

  /** Text that becomes part of a request target or of a location. */
  private String target(String text, Path path) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c == 127) {
        findings.error(path, text, "text without spaces and control characters");
        break;
      }
    }
    return text;
  }

  private HostRewrite hostRewrite(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    return switch (action.getHostRewriteSpecifierCase()) {
      case HOST_REWRITE_LITERAL ->
          action.getHostRewriteLiteral().isEmpty()
              ? HostRewrite.Keep.KEEP
              : new HostRewrite.Literal(
                  target(action.getHostRewriteLiteral(), path.field("host_rewrite_literal")));
      case AUTO_HOST_REWRITE ->
          action.getAutoHostRewrite().getValue() ? HostRewrite.Auto.AUTO : HostRewrite.Keep.KEEP;
      case HOST_REWRITE_HEADER ->
          new HostRewrite.FromHeader(
              HeaderReader.name(
                  action.getHostRewriteHeader(), path.field("host_rewrite_header"), findings));
      case HOST_REWRITE_PATH_REGEX, HOSTREWRITESPECIFIER_NOT_SET -> HostRewrite.Keep.KEEP;
    };
  }

  private RoutingPriority priority(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    return switch (action.getPriority()) {
      case DEFAULT -> RoutingPriority.DEFAULT;
      case HIGH -> RoutingPriority.HIGH;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("priority"), Integer.toString(action.getPriorityValue()), "DEFAULT or HIGH");
        yield RoutingPriority.DEFAULT;
      }
    };
  }

  RouteAction redirect(RedirectAction redirect, Path path) {
    String scheme =
        switch (redirect.getSchemeRewriteSpecifierCase()) {
          case HTTPS_REDIRECT -> redirect.getHttpsRedirect() ? "https" : "";
          case SCHEME_REDIRECT -> redirect.getSchemeRedirect().toLowerCase(Locale.ROOT);
          case SCHEMEREWRITESPECIFIER_NOT_SET -> "";
        };
    return new RouteAction.Redirect(
        target(scheme, path.field("scheme_redirect")),
        target(redirect.getHostRedirect(), path.field("host_redirect")),
        findings.bounded(
            true, redirect.getPortRedirect(), 0, 0, 65_535, path.field("port_redirect")),
        redirectPath(redirect, path),
        redirect.getStripQuery(),
        redirectStatus(redirect, path));
  }

  private RedirectPath redirectPath(RedirectAction redirect, Path path) {
    return switch (redirect.getPathRewriteSpecifierCase()) {
      case PATH_REDIRECT ->
          new RedirectPath.Full(target(redirect.getPathRedirect(), path.field("path_redirect")));
      case PREFIX_REWRITE ->
          new RedirectPath.Prefix(
              target(redirect.getPrefixRewrite(), path.field("prefix_rewrite")));
      case REGEX_REWRITE -> {
        MatchReader.Rewrite rewrite =
            matches.rewrite(redirect.getRegexRewrite(), path.field("regex_rewrite"));
        yield new RedirectPath.Regex(rewrite.pattern(), rewrite.replacement());
      }
      case PATHREWRITESPECIFIER_NOT_SET -> RedirectPath.Keep.KEEP;
    };
  }

  private int redirectStatus(RedirectAction redirect, Path path) {
    return switch (redirect.getResponseCode()) {
      case MOVED_PERMANENTLY -> 301;
      case FOUND -> 302;
      case SEE_OTHER -> 303;
      case TEMPORARY_REDIRECT -> 307;
      case PERMANENT_REDIRECT -> 308;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("response_code"),
            Integer.toString(redirect.getResponseCodeValue()),
            "a value of RedirectResponseCode");
        yield 301;
      }
    };
  }
}
