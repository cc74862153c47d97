package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.RouterConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads a list of HTTP filters, whose last is the router. */
final class HttpFiltersReader {
  private static final String ROUTER = "envoy.extensions.filters.http.router.v3.Router";

  private final Findings findings;

  HttpFiltersReader(Findings findings) {
    this.findings = findings;
  }

  /** The filters of the list that is this field there. */
  List<ExtensionConfig> read(List<HttpFilter> list, String field, Path path) {
    List<ExtensionConfig> filters = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int last = list.size() - 1;
    if (last < 0) {
      findings.error(path.field(field), "no filter", "a list that ends with the router");
    }
    for (int i = 0; i <= last; i++) {
      HttpFilter filter = list.get(i);
      Path here = path.at(field, i);
      findings.required(filter.getName(), here.field("name"));
      if (!names.add(filter.getName())) {
        findings.error(here.field("name"), filter.getName(), "a name used once in the list");
      }
      if (filter.hasConfigDiscovery() && i != last) {
        filters.add(
            ExtensionReader.discovered(
                filter.getName(),
                filter.getConfigDiscovery(),
                filter.getIsOptional(),
                filter.getDisabled(),
                here.field("config_discovery"),
                findings));
        continue;
      }
      boolean router = ExtensionReader.typeName(filter.getTypedConfig()).equals(ROUTER);
      if (router && i != last) {
        findings.error(here, "the router", "the router as the last filter only");
      } else if (!router && i == last) {
        findings.error(
            here.field("typed_config"),
            filter.getTypedConfig().getTypeUrl().isEmpty()
                ? "no type"
                : filter.getTypedConfig().getTypeUrl(),
            Findings.TYPE_PREFIX + ROUTER + " as the last filter");
      }
      if (router && filter.getDisabled()) {
        findings.error(here.field("disabled"), "true", "false, as the router is always on");
      }
      filters.add(
          ExtensionReader.read(
              filter.getName(),
              filter.getTypedConfig(),
              filter.getIsOptional(),
              filter.getDisabled(),
              here.field("typed_config"),
              findings));
    }
    return filters;
  }

  /** The settings of the router at the end of that list. */
  RouterConfig router(List<HttpFilter> list, String field, Path path) {
    int last = list.size() - 1;
    if (last < 0 || !ExtensionReader.typeName(list.get(last).getTypedConfig()).equals(ROUTER)) {
      return new RouterConfig(false, false);
    }
    Path here = path.at(field, last).field("typed_config");
    return findings
        .unpack(list.get(last).getTypedConfig(), ROUTER, Router.parser(), here)
        .map(router ->
            new RouterConfig(
                router.getSuppressEnvoyHeaders(), router.getRespectExpectedRqTimeout()))
        .orElseGet(() -> new RouterConfig(false, false));
  }
}
