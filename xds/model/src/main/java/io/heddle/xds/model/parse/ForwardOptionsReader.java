package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.InternalRedirectPolicy;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction.MaxStreamDuration;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteAction.UpgradeConfig;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig;
import io.heddle.xds.model.ForwardOptions;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HashPolicy;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HedgePolicy;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.MirrorPolicy;
import io.heddle.xds.model.RateLimits;
import io.heddle.xds.model.RetryPolicy;
import io.heddle.xds.model.RouteDeadlines;
import io.heddle.xds.model.RouteUpgrades;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what few routes ask for when they send requests to a cluster. */
final class ForwardOptionsReader {

  private static final String REDIRECT = "envoy.extensions.internal_redirect.";
  private static final String ALLOW_LISTED =
      REDIRECT + "allow_listed_routes.v3.AllowListedRoutesConfig";
  private static final String PREVIOUS = REDIRECT + "previous_routes.v3.PreviousRoutesConfig";
  private static final String SAFE = REDIRECT + "safe_cross_scheme.v3.SafeCrossSchemeConfig";
  private static final String LB = "envoy.lb";
  private static final String RATE_LIMIT = Findings.TYPE_PREFIX + "envoy.config.route.v3.RateLimit";
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_REDIRECTS = 100;

  private final Findings findings;
  private final MatchReader matches;
  private final RetryPolicyReader retries;
  private final HedgePolicyReader hedges;

  /** Of the virtual host that is being read. */
  private HedgePolicy hedgeOfHost = HedgePolicy.NONE;

  ForwardOptionsReader(Findings findings, MatchReader matches) {
    this.findings = findings;
    this.matches = matches;
    this.retries = new RetryPolicyReader(findings, matches);
    this.hedges = new HedgePolicyReader(findings);
  }

  /** A virtual host is begun, whose routes have this unless they say otherwise. */
  void beginHost(VirtualHost host, Path path) {
    hedgeOfHost =
        host.hasHedgePolicy()
            ? hedges.read(host.getHedgePolicy(), path.field("hedge_policy"))
            : HedgePolicy.NONE;
  }

  /** {@code route} is what the action is of, and {@code path} where the action is. */
  ForwardOptions read(
      Route route,
      Path routePath,
      io.envoyproxy.envoy.config.route.v3.RouteAction action,
      Path path) {
    List<HashPolicy> hash = new ArrayList<>();
    for (int i = 0; i < action.getHashPolicyCount(); i++) {
      hash.add(hash(action.getHashPolicy(i), path.at("hash_policy", i)));
    }
    return new ForwardOptions(
        hash,
        metadata(action.hasMetadataMatch(), action.getMetadataMatch()),
        action.getAppendXForwardedHost(),
        mirrors(action.getRequestMirrorPoliciesList(), path),
        action.hasInternalRedirectPolicy()
            ? redirects(action.getInternalRedirectPolicy(), path.field("internal_redirect_policy"))
            : InternalRedirects.None.NONE,
        upgrades(action, path),
        retry(action.hasRetryPolicy(), action.getRetryPolicy(), path),
        rateLimits(action.getRateLimitsList(), includesHost(action)),
        deadlines(action, path),
        hedge(route, routePath, action, path));
  }

  private HedgePolicy hedge(
      Route route,
      Path routePath,
      io.envoyproxy.envoy.config.route.v3.RouteAction action,
      Path path) {
    HedgePolicy envoys =
        action.hasHedgePolicy()
            ? hedges.read(action.getHedgePolicy(), path.field("hedge_policy"))
            : hedgeOfHost;
    return new HedgePolicy(
        envoys.initialRequests(),
        envoys.additionalChance(),
        envoys.onPerTryTimeout(),
        hedges.after(route, routePath));
  }

  @SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
  private RouteDeadlines deadlines(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    MaxStreamDuration stream = action.getMaxStreamDuration();
    Path here = path.field("max_stream_duration");
    return new RouteDeadlines(
        action.hasMaxStreamDuration(),
        time(action.hasMaxGrpcTimeout(), action.getMaxGrpcTimeout(), path, "max_grpc_timeout"),
        time(
            action.hasGrpcTimeoutOffset(),
            action.getGrpcTimeoutOffset(),
            path,
            "grpc_timeout_offset"),
        time(
            stream.hasGrpcTimeoutHeaderMax(),
            stream.getGrpcTimeoutHeaderMax(),
            here,
            "grpc_timeout_header_max"),
        time(
            stream.hasGrpcTimeoutHeaderOffset(),
            stream.getGrpcTimeoutHeaderOffset(),
            here,
            "grpc_timeout_header_offset"));
  }

  private Optional<Duration> time(
      boolean set, com.google.protobuf.Duration value, Path path, String field) {
    return set
        ? Optional.of(findings.duration(true, value, Duration.ZERO, path.field(field)))
        : Optional.empty();
  }

  @SuppressWarnings("deprecation") // include_vh_rate_limits, which everyone writes.
  private static boolean includesHost(io.envoyproxy.envoy.config.route.v3.RouteAction action) {
    return action.getIncludeVhRateLimits().getValue();
  }

  /** Packed without protobuf's own help, which would initialise descriptors. */
  static RateLimits rateLimits(List<RateLimit> limits, boolean includeHost) {
    if (limits.isEmpty() && !includeHost) {
      return RateLimits.NONE;
    }
    List<Any> rules = new ArrayList<>();
    for (RateLimit limit : limits) {
      rules.add(Any.newBuilder().setTypeUrl(RATE_LIMIT).setValue(limit.toByteString()).build());
    }
    return new RateLimits(rules, includeHost);
  }

  private RouteUpgrades upgrades(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, Path path) {
    if (action.getUpgradeConfigsCount() == 0) {
      return RouteUpgrades.NONE;
    }
    Map<String, Boolean> enabled = new HashMap<>();
    boolean terminateConnect = false;
    boolean terminatePost = false;
    for (int i = 0; i < action.getUpgradeConfigsCount(); i++) {
      UpgradeConfig upgrade = action.getUpgradeConfigs(i);
      Path here = path.at("upgrade_configs", i);
      String name =
          UpgradeNames.read(upgrade.getUpgradeType(), here.field("upgrade_type"), findings);
      boolean on = !upgrade.hasEnabled() || upgrade.getEnabled().getValue();
      if (enabled.putIfAbsent(name, on) != null) {
        findings.error(
            here.field("upgrade_type"), upgrade.getUpgradeType(), "a name used once in the list");
      }
      if (upgrade.hasConnectConfig()) {
        if (!name.equals(UpgradeNames.CONNECT)) {
          findings.error(here.field("connect_config"), "set", "CONNECT as upgrade_type beside it");
        }
        terminateConnect = true;
        terminatePost = upgrade.getConnectConfig().getAllowPost();
      }
    }
    return new RouteUpgrades(enabled, terminateConnect, terminatePost);
  }

  /** The policy of a route or a virtual host, where it has one. */
  Optional<RetryPolicy> retry(
      boolean set, io.envoyproxy.envoy.config.route.v3.RetryPolicy policy, Path path) {
    return set ? Optional.of(retries.read(policy, path.field("retry_policy"))) : Optional.empty();
  }

  /** What is asked of {@code envoy.lb} metadata. */
  StructValue.Fields metadata(boolean set, Metadata metadata) {
    if (!set) {
      return StructValue.EMPTY;
    }
    Struct asked = findings.map("filter_metadata", metadata::getFilterMetadataMap).get(LB);
    return asked == null ? StructValue.EMPTY : StructValue.of(asked);
  }

  List<MirrorPolicy> mirrors(List<RequestMirrorPolicy> policies, Path path) {
    List<MirrorPolicy> mirrors = new ArrayList<>();
    for (int i = 0; i < policies.size(); i++) {
      RequestMirrorPolicy policy = policies.get(i);
      Path here = path.at("request_mirror_policies", i);
      if (policy.getCluster().isEmpty() == policy.getClusterHeader().isEmpty()) {
        findings.error(
            here,
            policy.getCluster().isEmpty() ? "no cluster" : "cluster and cluster_header",
            "cluster or cluster_header");
      }
      Fraction fraction =
          matches.fraction(policy.hasRuntimeFraction(), policy.getRuntimeFraction(), here);
      mirrors.add(
          new MirrorPolicy(
              policy.getCluster(),
              policy.getClusterHeader().isEmpty()
                  ? ""
                  : HeaderReader.name(
                      policy.getClusterHeader(), here.field("cluster_header"), findings),
              fraction,
              policy.getRuntimeFraction().getRuntimeKey(),
              !policy.getDisableShadowHostSuffixAppend(),
              policy.getHostRewriteLiteral(),
              edits(policy, here)));
    }
    return mirrors;
  }

  private List<HeaderMutations> edits(RequestMirrorPolicy policy, Path path) {
    List<HeaderMutations> edits = new ArrayList<>();
    for (int i = 0; i < policy.getRequestHeadersMutationsCount(); i++) {
      edits.add(
          HeaderReader.mutation(
              policy.getRequestHeadersMutations(i),
              path.at("request_headers_mutations", i),
              findings));
    }
    return edits;
  }

  private HashPolicy hash(
      io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy policy, Path path) {
    HashPolicy.Source source =
        switch (policy.getPolicySpecifierCase()) {
          case HEADER -> header(policy.getHeader(), path.field("header"));
          case COOKIE -> cookie(policy.getCookie(), path.field("cookie"));
          case CONNECTION_PROPERTIES -> {
            if (!policy.getConnectionProperties().getSourceIp()) {
              findings.error(
                  path.field("connection_properties").field("source_ip"), "false", "true");
            }
            yield HashPolicy.Source.ClientAddress.CLIENT_ADDRESS;
          }
          case QUERY_PARAMETER ->
              new HashPolicy.Source.QueryParameter(
                  findings.required(
                      policy.getQueryParameter().getName(),
                      path.field("query_parameter").field("name")));
          case FILTER_STATE ->
              new HashPolicy.Source.FilterState(
                  findings.required(
                      policy.getFilterState().getKey(), path.field("filter_state").field("key")));
          case POLICYSPECIFIER_NOT_SET -> {
            findings.error(
                path,
                "no policy",
                "header, cookie, connection_properties, query_parameter or filter_state");
            yield HashPolicy.Source.ClientAddress.CLIENT_ADDRESS;
          }
        };
    return new HashPolicy(source, policy.getTerminal());
  }

  private HashPolicy.Source header(
      io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy.Header header, Path path) {
    List<HashPolicy.Rewrite> rewrites = new ArrayList<>();
    if (header.hasRegexRewrite()) {
      MatchReader.Rewrite read =
          matches.rewrite(header.getRegexRewrite(), path.field("regex_rewrite"));
      rewrites.add(new HashPolicy.Rewrite(read.pattern(), read.replacement()));
    }
    String name = header.getHeaderName();
    boolean pseudo = name.startsWith(":") && HeaderReader.isToken(name.substring(1));
    return new HashPolicy.Source.Header(
        pseudo ? name : HeaderReader.name(name, path.field("header_name"), findings), rewrites);
  }

  private HashPolicy.Source cookie(
      io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy.Cookie cookie, Path path) {
    String name = cookie.getName();
    if (!HeaderReader.isToken(name)) {
      findings.error(
          path.field("name"), name.isEmpty() ? "an empty string" : name, "a cookie's name");
    }
    List<HashPolicy.Attribute> attributes = new ArrayList<>();
    for (int i = 0; i < cookie.getAttributesCount(); i++) {
      Path here = path.at("attributes", i);
      String key = cookie.getAttributes(i).getName();
      if (!HeaderReader.isToken(key)) {
        findings.error(
            here.field("name"), key.isEmpty() ? "an empty string" : key, "an attribute's name");
      }
      attributes.add(
          new HashPolicy.Attribute(
              key, attribute(cookie.getAttributes(i).getValue(), here.field("value"))));
    }
    return new HashPolicy.Source.Cookie(
        name,
        cookie.hasTtl()
            ? new HashPolicy.Lifetime.Of(
                findings.duration(true, cookie.getTtl(), Duration.ZERO, path.field("ttl")))
            : HashPolicy.Lifetime.NotMade.NOT_MADE,
        attribute(cookie.getPath(), path.field("path")),
        attributes);
  }

  /** Text that becomes part of a {@code Set-Cookie}. */
  private String attribute(String text, Path path) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c >= 127 || c == ';') {
        findings.error(path, text, "visible ASCII without a semicolon");
        return "";
      }
    }
    return text;
  }

  private InternalRedirects redirects(InternalRedirectPolicy policy, Path path) {
    Set<Integer> statuses = new HashSet<>();
    for (int i = 0; i < policy.getRedirectResponseCodesCount(); i++) {
      int status = policy.getRedirectResponseCodes(i);
      if (!REDIRECTS.contains(status)) {
        findings.error(
            path.at("redirect_response_codes", i),
            Integer.toUnsignedString(status),
            "301, 302, 303, 307 or 308");
      }
      statuses.add(status);
    }
    List<String> copied = new ArrayList<>();
    for (int i = 0; i < policy.getResponseHeadersToCopyCount(); i++) {
      copied.add(
          HeaderReader.changeable(
              policy.getResponseHeadersToCopy(i),
              path.at("response_headers_to_copy", i),
              findings));
    }
    List<InternalRedirects.Predicate> predicates = new ArrayList<>();
    for (int i = 0; i < policy.getPredicatesCount(); i++) {
      predicate(policy.getPredicates(i), path.at("predicates", i), predicates);
    }
    return new InternalRedirects.Follow(
        findings.bounded(
            policy.hasMaxInternalRedirects(),
            policy.getMaxInternalRedirects().getValue(),
            1,
            0,
            MOST_REDIRECTS,
            path.field("max_internal_redirects")),
        statuses.isEmpty() ? Set.of(302) : statuses,
        predicates,
        policy.getAllowCrossSchemeRedirect(),
        copied);
  }

  private void predicate(
      TypedExtensionConfig extension, Path path, List<InternalRedirects.Predicate> into) {
    Path here = path.field("typed_config");
    switch (ExtensionReader.typeName(extension.getTypedConfig())) {
      case ALLOW_LISTED ->
          findings
              .unpack(
                  extension.getTypedConfig(), ALLOW_LISTED, AllowListedRoutesConfig.parser(), here)
              .ifPresent(config ->
                  into.add(
                      new InternalRedirects.Predicate.AllowListedRoutes(
                          Set.copyOf(config.getAllowedRouteNamesList()))));
      case PREVIOUS -> into.add(InternalRedirects.Predicate.PreviousRoutes.PREVIOUS_ROUTES);
      case SAFE -> into.add(InternalRedirects.Predicate.SafeCrossScheme.SAFE_CROSS_SCHEME);
      default ->
          findings.error(
              here,
              extension.getTypedConfig().getTypeUrl(),
              "allow_listed_routes, previous_routes or safe_cross_scheme");
    }
  }
}
