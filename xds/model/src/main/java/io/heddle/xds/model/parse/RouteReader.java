package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteList;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.xds.model.AttemptCounts;
import io.heddle.xds.model.BootstrapConfig.Variant;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.RouteTable.HostSource;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.VirtualClusterConfig;
import io.heddle.xds.model.VirtualHostConfig;
import io.heddle.xds.model.VirtualHostConfig.RouteSpan;
import io.heddle.xds.model.VirtualHostConfig.TlsRequirement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a route table, whose encoding the guard has walked. */
final class RouteReader {

  static final String TYPE = "envoy.config.route.v3.RouteConfiguration";
  private static final String ROUTE = "envoy.config.route.v3.Route";
  private static final String ROUTE_LIST = "envoy.config.route.v3.RouteList";
  static final String HOST_TYPE = "envoy.config.route.v3.VirtualHost";
  private static final int DIRECT_RESPONSE_BYTES = 4096;
  private static final RouteAction NO_ACTION = RouteAction.NonForwarding.NON_FORWARDING;

  private final Findings findings;
  private final MatchReader matches;
  private final RouteActionReader actions;
  private final ForwardOptionsReader options;
  private final boolean inline;

  /** {@code inline} says that the table stands within a listener. */
  RouteReader(Findings findings, boolean inline) {
    this.findings = findings;
    this.matches = new MatchReader(findings);
    this.options = new ForwardOptionsReader(findings, matches);
    this.actions = new RouteActionReader(findings, matches, options);
    this.inline = inline;
  }

  RouteTable table(RouteConfiguration table, Path path) {
    int longestBody =
        findings.bounded(
            table.hasMaxDirectResponseBodySizeBytes(),
            table.getMaxDirectResponseBodySizeBytes().getValue(),
            DIRECT_RESPONSE_BYTES,
            0,
            1 << 24,
            path.field("max_direct_response_body_size_bytes"));
    List<VirtualHostConfig> hosts = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Map<String, String> domains = new HashMap<>();
    for (int i = 0; i < table.getVirtualHostsCount(); i++) {
      Path here = path.at("virtual_hosts", i);
      VirtualHost host = table.getVirtualHosts(i);
      findings.required(host.getName(), here.field("name"));
      if (!names.add(host.getName())) {
        findings.error(here.field("name"), host.getName(), "a name used once in the table");
      }
      hosts.add(host(host, domains, longestBody, here));
    }
    List<String> internalOnly = new ArrayList<>();
    for (int i = 0; i < table.getInternalOnlyHeadersCount(); i++) {
      internalOnly.add(
          HeaderReader.name(
              table.getInternalOnlyHeaders(i), path.at("internal_only_headers", i), findings));
    }
    BoolValue validate = table.getValidateClusters();
    return new RouteTable(
        table.getName(),
        hosts,
        table.getIgnorePortInHostMatching(),
        table.hasValidateClusters() ? validate.getValue() : inline,
        table.getMostSpecificHeaderMutationsWins(),
        HeaderReader.mutations(
            table.getRequestHeadersToAddList(),
            table.getRequestHeadersToRemoveList(),
            "request",
            path,
            findings),
        HeaderReader.mutations(
            table.getResponseHeadersToAddList(),
            table.getResponseHeadersToRemoveList(),
            "response",
            path,
            findings),
        internalOnly,
        ExtensionReader.perFilter(table::getTypedPerFilterConfigMap, path, findings),
        hostSource(table, path),
        options.mirrors(table.getRequestMirrorPoliciesList(), path),
        table.getIgnorePathParametersInPathMatching());
  }

  private HostSource hostSource(RouteConfiguration table, Path path) {
    if (!table.hasVhds()) {
      return HostSource.Written.WRITTEN;
    }
    Path here = path.field("vhds");
    if (inline) {
      findings.error(here, "set", "nothing, as an inline table has all its virtual hosts");
    }
    SourceConfig source =
        SourceReader.read(
            table.getVhds().hasConfigSource(),
            table.getVhds().getConfigSource(),
            here.field("config_source"),
            findings);
    boolean incremental =
        switch (source.origin()) {
          case SourceConfig.Origin.Grpc grpc -> grpc.variant() == Variant.DELTA;
          case SourceConfig.Origin.Ads _, SourceConfig.Origin.Self _ -> true;
          case SourceConfig.Origin.Rest _, SourceConfig.Origin.File _ -> false;
        };
    if (!incremental) {
      findings.error(
          here.field("config_source"), "a source that is not incremental", "DELTA_GRPC or ads");
    }
    return new HostSource.Vhds(source.initialFetchTimeout(), source.origin());
  }

  /** A virtual host as it comes by VHDS. */
  VirtualHostConfig host(VirtualHost host, Path path) {
    findings.required(host.getName(), path.field("name"));
    return host(host, new HashMap<>(), DIRECT_RESPONSE_BYTES, path);
  }

  private VirtualHostConfig host(
      VirtualHost host, Map<String, String> taken, int longestBody, Path path) {
    List<String> domains = new ArrayList<>();
    if (host.getDomainsCount() == 0) {
      findings.error(path.field("domains"), "no domain", "at least one");
    }
    for (int i = 0; i < host.getDomainsCount(); i++) {
      String domain = host.getDomains(i).toLowerCase(Locale.ROOT);
      Path here = path.at("domains", i);
      if (!isDomain(domain)) {
        findings.error(
            here, domain.isEmpty() ? "an empty string" : domain, "a host, *.suffix, prefix.* or *");
      }
      String owner = taken.putIfAbsent(domain, host.getName());
      if (owner != null) {
        findings.error(
            here, domain, "a domain used once in the table; virtual host " + owner + " has it");
      }
      domains.add(domain);
    }
    options.beginHost(host, path);
    List<RouteConfig> routes = new ArrayList<>();
    for (int i = 0; i < host.getRoutesCount(); i++) {
      routes.add(route(host.getRoutes(i), longestBody, path.at("routes", i)));
    }
    Optional<MatchTree<RouteSpan>> matcher = matcher(host, routes, longestBody, path);
    return new VirtualHostConfig(
        host.getName(),
        domains,
        routes,
        HeaderReader.mutations(
            host.getRequestHeadersToAddList(),
            host.getRequestHeadersToRemoveList(),
            "request",
            path,
            findings),
        HeaderReader.mutations(
            host.getResponseHeadersToAddList(),
            host.getResponseHeadersToRemoveList(),
            "response",
            path,
            findings),
        ExtensionReader.perFilter(host::getTypedPerFilterConfigMap, path, findings),
        switch (host.getRequireTls()) {
          case NONE -> TlsRequirement.NONE;
          case EXTERNAL_ONLY -> TlsRequirement.EXTERNAL_ONLY;
          case ALL -> TlsRequirement.ALL;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("require_tls"),
                Integer.toString(host.getRequireTlsValue()),
                "NONE, EXTERNAL_ONLY or ALL");
            yield TlsRequirement.NONE;
          }
        },
        options.mirrors(host.getRequestMirrorPoliciesList(), path),
        virtualClusters(host, path),
        matcher,
        new AttemptCounts(
            host.getIncludeRequestAttemptCount(), host.getIncludeAttemptCountInResponse()),
        MetadataReader.read(host.hasMetadata(), host.getMetadata(), findings),
        options.retry(host.hasRetryPolicy(), host.getRetryPolicy(), path),
        ForwardOptionsReader.rateLimits(host.getRateLimitsList(), /* includeHost= */ false));
  }

  /** Whose routes are put behind those that are there. */
  private Optional<MatchTree<RouteSpan>> matcher(
      VirtualHost host, List<RouteConfig> routes, int longestBody, Path path) {
    if (!host.hasMatcher()) {
      return Optional.empty();
    }
    Path here = path.field("matcher");
    if (host.getRoutesCount() > 0) {
      findings.error(here, "a value beside routes", "one of the two");
    }
    return Optional.of(
        new MatchTreeReader<>(
                findings,
                matches,
                new MatchInputReader(findings, true),
                (action, at) -> span(action.getTypedConfig(), routes, longestBody, at))
            .read(host.getMatcher(), here));
  }

  private RouteSpan span(Any action, List<RouteConfig> routes, int longestBody, Path path) {
    Path here = path.field("typed_config");
    int from = routes.size();
    switch (ExtensionReader.typeName(action)) {
      case ROUTE ->
          findings
              .unpack(action, ROUTE, Route.parser(), here)
              .ifPresent(one -> routes.add(route(one, longestBody, here)));
      case ROUTE_LIST ->
          findings
              .unpack(action, ROUTE_LIST, RouteList.parser(), here)
              .ifPresent(list -> {
                for (int i = 0; i < list.getRoutesCount(); i++) {
                  routes.add(route(list.getRoutes(i), longestBody, here.at("routes", i)));
                }
              });
      default -> findings.error(here, action.getTypeUrl(), Findings.TYPE_PREFIX + ROUTE + "[List]");
    }
    return new RouteSpan(from, routes.size());
  }

  private List<VirtualClusterConfig> virtualClusters(VirtualHost host, Path path) {
    List<VirtualClusterConfig> clusters = new ArrayList<>();
    for (int i = 0; i < host.getVirtualClustersCount(); i++) {
      var cluster = host.getVirtualClusters(i);
      Path here = path.at("virtual_clusters", i);
      if (cluster.getHeadersCount() == 0) {
        findings.error(here.field("headers"), "none", "at least one");
      }
      clusters.add(
          new VirtualClusterConfig(
              findings.required(cluster.getName(), here.field("name")),
              matches.headers(cluster.getHeadersList(), here)));
    }
    return clusters;
  }

  /** A star may stand alone, first or last. */
  private static boolean isDomain(String domain) {
    if (domain.isEmpty()) {
      return false;
    }
    int star = domain.indexOf('*');
    if (star >= 0
        && (star != domain.lastIndexOf('*') || (star > 0 && star < domain.length() - 1))) {
      return false;
    }
    for (int i = 0; i < domain.length(); i++) {
      char c = domain.charAt(i);
      if (c <= ' ' || c >= 127 || c == '/') {
        return false;
      }
    }
    return true;
  }

  private RouteConfig route(Route route, int longestBody, Path path) {
    if (!route.hasMatch()) {
      findings.error(path.field("match"), "nothing", "a match");
    }
    var match = matches.route(route.getMatch(), path.field("match"));
    return new RouteConfig(
        route.getName(),
        match,
        action(route, match.path(), longestBody, path),
        HeaderReader.mutations(
            route.getRequestHeadersToAddList(),
            route.getRequestHeadersToRemoveList(),
            "request",
            path,
            findings),
        HeaderReader.mutations(
            route.getResponseHeadersToAddList(),
            route.getResponseHeadersToRemoveList(),
            "response",
            path,
            findings),
        ExtensionReader.perFilter(route::getTypedPerFilterConfigMap, path, findings),
        route.getStatPrefix(),
        MetadataReader.read(route.hasMetadata(), route.getMetadata(), findings));
  }

  private RouteAction action(Route route, PathMatch matched, int longestBody, Path path) {
    return switch (route.getActionCase()) {
      case ROUTE -> actions.forward(route, matched, path);
      case REDIRECT -> actions.redirect(route.getRedirect(), path.field("redirect"));
      case DIRECT_RESPONSE ->
          direct(route.getDirectResponse(), longestBody, path.field("direct_response"));
      case NON_FORWARDING_ACTION, FILTER_ACTION -> NO_ACTION;
      case ACTION_NOT_SET -> {
        findings.error(path, "no action", "route, redirect or direct_response");
        yield NO_ACTION;
      }
    };
  }

  private RouteAction direct(DirectResponseAction response, int longestBody, Path path) {
    int status = findings.bounded(true, response.getStatus(), 200, 200, 599, path.field("status"));
    String body =
        response.hasBody()
            ? DataReader.inline(response.getBody(), path.field("body"), findings)
            : "";
    int bytes = body.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > longestBody) {
      findings.error(path.field("body"), bytes + " bytes", "at most " + longestBody + " bytes");
    }
    return new RouteAction.DirectResponse(status, body);
  }
}
