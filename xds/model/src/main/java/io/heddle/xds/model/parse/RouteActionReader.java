package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteAction.HostRewrite;
import io.heddle.xds.model.RouteAction.PathRewrite;
import io.heddle.xds.model.RouteAction.RedirectPath;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.TimeoutOverride;
import io.heddle.xds.model.UriTemplate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads what a route does with its requests. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class RouteActionReader {

  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final ClusterTarget NO_TARGET = new ClusterTarget.Single("");

  private static final String TEMPLATE =
      "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig";

  private final Findings findings;
  private final MatchReader matches;
  private final ForwardOptionsReader options;

  RouteActionReader(Findings findings, MatchReader matches, ForwardOptionsReader options) {
    this.options = options;
    this.findings = findings;
    this.matches = matches;
  }

  /** {@code routePath} is where the route is. */
  RouteAction forward(Route route, PathMatch matched, Path routePath) {
    io.envoyproxy.envoy.config.route.v3.RouteAction action = route.getRoute();
    Path path = routePath.field("route");
    return new RouteAction.Forward(
        target(action, path),
        notFoundStatus(action, path),
        pathRewrite(action, matched, path),
        hostRewrite(action, path),
        findings.duration(action.hasTimeout(), action.getTimeout(), TIMEOUT, path.field("timeout")),
        override(action.hasIdleTimeout(), action.getIdleTimeout(), path.field("idle_timeout")),
        override(
            action.getMaxStreamDuration().hasMaxStreamDuration(),
            action.getMaxStreamDuration().getMaxStreamDuration(),
            path.field("max_stream_duration").field("max_stream_duration")),
        priority(action, path),
        options.read(route, routePath, action, path));
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
      if (cluster.getName().isEmpty() == cluster.getClusterHeader().isEmpty()) {
        findings.error(
            here,
            cluster.getName().isEmpty() ? "no cluster" : "name and cluster_header",
            "name or cluster_header");
      }
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
              ExtensionReader.perFilter(cluster::getTypedPerFilterConfigMap, here, findings),
              cluster.getClusterHeader().isEmpty()
                  ? ""
                  : headerOrAuthority(cluster.getClusterHeader(), here.field("cluster_header")),
              options.metadata(cluster.hasMetadataMatch(), cluster.getMetadataMatch())));
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
    ClusterTarget.Choice choice =
        switch (weighted.getRandomValueSpecifierCase()) {
          case HEADER_NAME ->
              new ClusterTarget.Choice.Header(
                  HeaderReader.name(weighted.getHeaderName(), path.field("header_name"), findings));
          case USE_HASH_POLICY ->
              weighted.getUseHashPolicy().getValue()
                  ? ClusterTarget.Choice.Hash.HASH
                  : ClusterTarget.Choice.Chance.CHANCE;
          case RANDOMVALUESPECIFIER_NOT_SET -> ClusterTarget.Choice.Chance.CHANCE;
        };
    return new ClusterTarget.Weighted(clusters, total, choice, weighted.getRuntimeKeyPrefix());
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
      io.envoyproxy.envoy.config.route.v3.RouteAction action, PathMatch matched, Path path) {
    if (action.hasPathRewritePolicy()) {
      Path here = path.field("path_rewrite_policy");
      if (!action.getPrefixRewrite().isEmpty() || action.hasRegexRewrite()) {
        findings.error(here, "set", "one of prefix_rewrite, regex_rewrite and path_rewrite_policy");
      }
      return template(action.getPathRewritePolicy(), matched, here.field("typed_config"));
    }
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

  private PathRewrite template(TypedExtensionConfig policy, PathMatch matched, Path path) {
    if (!ExtensionReader.typeName(policy.getTypedConfig()).equals(TEMPLATE)) {
      findings.error(path, policy.getTypedConfig().getTypeUrl(), Findings.TYPE_PREFIX + TEMPLATE);
      return PathRewrite.Keep.KEEP;
    }
    if (!(matched instanceof PathMatch.Template(UriTemplate template))) {
      findings.error(path, "a rewrite by template", "a match by path_match_policy beside it");
      return PathRewrite.Keep.KEEP;
    }
    return findings
        .unpack(policy.getTypedConfig(), TEMPLATE, UriTemplateRewriteConfig.parser(), path)
        .<PathRewrite>map(config -> {
          try {
            return new PathRewrite.Template(
                UriTemplate.Rewrite.parse(config.getPathTemplateRewrite(), template));
          } catch (IllegalArgumentException malformed) {
            findings.error(
                path.field("path_template_rewrite"),
                config.getPathTemplateRewrite(),
                String.valueOf(malformed.getMessage()));
            return PathRewrite.Keep.KEEP;
          }
        })
        .orElse(PathRewrite.Keep.KEEP);
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
      case HOST_REWRITE_PATH_REGEX -> {
        MatchReader.Rewrite rewrite =
            matches.rewrite(
                action.getHostRewritePathRegex(), path.field("host_rewrite_path_regex"));
        yield new HostRewrite.FromPath(rewrite.pattern(), rewrite.replacement());
      }
      case HOSTREWRITESPECIFIER_NOT_SET -> HostRewrite.Keep.KEEP;
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
