package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.ScopeKeyBuilder;
import io.heddle.xds.model.ScopeKeyBuilder.Element;
import io.heddle.xds.model.ScopeKeyBuilder.HeaderFragment;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SourceConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads scopes, and how a connection manager finds the one of a request. */
final class ScopeReader {

  static final String TYPE = "envoy.config.route.v3.ScopedRouteConfiguration";
  private static final int MOST_ELEMENTS = 1 << 16;

  private final Findings findings;

  ScopeReader(Findings findings) {
    this.findings = findings;
  }

  RouteSource source(ScopedRoutes routes, Path path) {
    findings.required(routes.getName(), path.field("name"));
    RouteSource.Scopes scopes =
        switch (routes.getConfigSpecifierCase()) {
          case SCOPED_ROUTE_CONFIGURATIONS_LIST ->
              inline(
                  routes.getScopedRouteConfigurationsList(),
                  path.field("scoped_route_configurations_list"));
          case SCOPED_RDS -> {
            Path here = path.field("scoped_rds").field("scoped_rds_config_source");
            SourceConfig source =
                SourceReader.read(
                    routes.getScopedRds().hasScopedRdsConfigSource(),
                    routes.getScopedRds().getScopedRdsConfigSource(),
                    here,
                    findings);
            yield new RouteSource.Scopes.Srds(source.initialFetchTimeout(), source.origin());
          }
          case CONFIGSPECIFIER_NOT_SET -> {
            findings.error(path, "no scopes", "scoped_route_configurations_list or scoped_rds");
            yield new RouteSource.Scopes.Inline(List.of());
          }
        };
    SourceConfig rds =
        SourceReader.read(
            routes.hasRdsConfigSource() || !needsRds(scopes),
            routes.hasRdsConfigSource() ? routes.getRdsConfigSource() : SourceReader.ADS,
            path.field("rds_config_source"),
            findings);
    return new RouteSource.Scoped(
        routes.getName(),
        key(routes, path.field("scope_key_builder")),
        scopes,
        rds.initialFetchTimeout(),
        rds.origin());
  }

  private static boolean needsRds(RouteSource.Scopes scopes) {
    return switch (scopes) {
      case RouteSource.Scopes.Srds _ -> true;
      case RouteSource.Scopes.Inline inline ->
          inline.scopes().stream()
              .anyMatch(one -> one.routes() instanceof ScopedRoute.Routes.Named);
    };
  }

  private RouteSource.Scopes inline(ScopedRouteConfigurationsList list, Path path) {
    List<ScopedRoute> scopes = new ArrayList<>();
    Map<String, Integer> names = new HashMap<>();
    Map<List<String>, String> keys = new HashMap<>();
    if (list.getScopedRouteConfigurationsCount() == 0) {
      findings.error(path.field("scoped_route_configurations"), "no scope", "at least one");
    }
    for (int i = 0; i < list.getScopedRouteConfigurationsCount(); i++) {
      Path here = path.at("scoped_route_configurations", i);
      ScopedRoute scope = scope(list.getScopedRouteConfigurations(i), here);
      if (names.putIfAbsent(scope.name(), i) != null) {
        findings.error(here.field("name"), scope.name(), "a name used once in the list");
      }
      String owner = keys.putIfAbsent(scope.key(), scope.name());
      if (owner != null) {
        findings.error(
            here.field("key"),
            String.join("|", scope.key()),
            "a key used once in the list; scope " + owner + " has it");
      }
      scopes.add(scope);
    }
    return new RouteSource.Scopes.Inline(scopes);
  }

  /** One scope, inline or by SRDS. */
  ScopedRoute scope(ScopedRouteConfiguration scope, Path path) {
    findings.required(scope.getName(), path.field("name"));
    List<String> key = new ArrayList<>();
    Path at = path.field("key");
    if (scope.getKey().getFragmentsCount() == 0) {
      findings.error(at.field("fragments"), "no fragment", "at least one");
    }
    for (int i = 0; i < scope.getKey().getFragmentsCount(); i++) {
      ScopedRouteConfiguration.Key.Fragment fragment = scope.getKey().getFragments(i);
      if (!fragment.hasStringKey()) {
        findings.error(at.at("fragments", i), "nothing", "string_key");
      }
      key.add(fragment.getStringKey());
    }
    return new ScopedRoute(scope.getName(), key, routes(scope, path));
  }

  private ScopedRoute.Routes routes(ScopedRouteConfiguration scope, Path path) {
    String name = scope.getRouteConfigurationName();
    if (!scope.hasRouteConfiguration()) {
      if (name.isEmpty()) {
        findings.error(path, "no routes", "route_configuration_name or route_configuration");
      }
      return new ScopedRoute.Routes.Named(
          findings.fetched(name, path.field("route_configuration_name")));
    }
    if (!name.isEmpty()) {
      findings.error(
          path.field("route_configuration_name"),
          name,
          "either route_configuration_name or route_configuration");
    }
    return new ScopedRoute.Routes.Inline(
        new RouteReader(findings, true)
            .table(scope.getRouteConfiguration(), path.field("route_configuration")));
  }

  private ScopeKeyBuilder key(ScopedRoutes routes, Path path) {
    List<HeaderFragment> fragments = new ArrayList<>();
    ScopedRoutes.ScopeKeyBuilder builder = routes.getScopeKeyBuilder();
    if (builder.getFragmentsCount() == 0) {
      findings.error(path.field("fragments"), "no fragment", "at least one");
    }
    for (int i = 0; i < builder.getFragmentsCount(); i++) {
      FragmentBuilder fragment = builder.getFragments(i);
      Path here = path.at("fragments", i);
      if (!fragment.hasHeaderValueExtractor()) {
        findings.error(here, "nothing", "header_value_extractor");
        continue;
      }
      fragments.add(
          fragment(fragment.getHeaderValueExtractor(), here.field("header_value_extractor")));
    }
    return new ScopeKeyBuilder(fragments);
  }

  private HeaderFragment fragment(HeaderValueExtractor extractor, Path path) {
    String separator = extractor.getElementSeparator();
    Element element =
        switch (extractor.getExtractTypeCase()) {
          case INDEX -> {
            int index =
                findings.bounded(
                    true, extractor.getIndex(), 0, 0, MOST_ELEMENTS, path.field("index"));
            if (index > 0 && separator.isEmpty()) {
              findings.error(
                  path.field("index"), Integer.toString(index), "0 without an element_separator");
            }
            yield new Element.At(index);
          }
          case ELEMENT -> {
            Path here = path.field("element");
            yield new Element.Keyed(
                findings.required(extractor.getElement().getSeparator(), here.field("separator")),
                findings.required(extractor.getElement().getKey(), here.field("key")));
          }
          case EXTRACTTYPE_NOT_SET -> {
            findings.error(path, "no element", "index or element");
            yield new Element.At(0);
          }
        };
    return new HeaderFragment(
        HeaderReader.name(extractor.getName(), path.field("name"), findings), separator, element);
  }
}
