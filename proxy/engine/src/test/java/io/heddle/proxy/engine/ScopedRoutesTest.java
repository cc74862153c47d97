package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.VirtualHostConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Route tables by the request's scope, and virtual hosts that come one by one. */
class ScopedRoutesTest {
  private static final String KEY =
      "scope_key_builder: {fragments: [{header_value_extractor: {name: X-Team, element_separator:"
          + " ';', element: {separator: '=', key: team}}}, {header_value_extractor: {name: x-zone,"
          + " index: 0}}]}";

  private static String direct(String body) {
    return "{name: t, virtual_hosts: [{name: all, domains: ['*'], routes: [{match: {prefix: '/'},"
        + " direct_response: {status: 200, body: {inline_string: "
        + body
        + "}}}]}]}";
  }

  private static RouteTable table(String name, String body) {
    return Yaml.rds(
        "{'name':'"
            + name
            + "','virtual_hosts':[{'name':'all','domains':['*'],'routes':[{'match':{'prefix':'/'},"
            + "'direct_response':{'status':200,'body':{'inline_string':'"
            + body
            + "'}}}]}]}");
  }

  private static String ask(Wire wire, String headers) throws IOException {
    String response = wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n" + headers + "\r\n");
    return response.substring(9, 12) + response.substring(response.indexOf("\r\n\r\n") + 4);
  }

  @Test
  void inlineScopesAreChosenByTheirKey() throws Exception {
    String scopes =
        "scoped_routes: {name: s, "
            + KEY
            + ", scoped_route_configurations_list: {scoped_route_configurations: ["
            + "{name: one, key: {fragments: [{string_key: red}, {string_key: z1}]},"
            + " route_configuration: "
            + direct("one")
            + "}, {name: two, key: {fragments: [{string_key: blue}, {string_key: z1}]},"
            + " route_configuration: "
            + direct("two")
            + "}]}}";
    try (EngineUnderTest proxy = EngineUnderTest.of(Yaml.http(scopes));
        Wire wire = proxy.connect()) {
      assertThat(ask(wire, "x-team: a=b;team=red\r\nx-zone: z1\r\n")).isEqualTo("200one");
      assertThat(ask(wire, "x-team: team=blue\r\nx-zone: z1\r\n")).isEqualTo("200two");
      assertThat(ask(wire, "x-team: team=blue\r\nx-zone: z2\r\n")).isEqualTo("404");
      assertThat(ask(wire, "x-team: blue\r\nx-zone: z1\r\n")).isEqualTo("404");
      assertThat(ask(wire, "x-zone: z1\r\n")).isEqualTo("404");
    }
  }

  @Test
  void scopesBySrdsNameTablesAndChangeUnderTheListener() throws Exception {
    String scoped =
        "scoped_routes: {name: s, scope_key_builder: {fragments: [{header_value_extractor: {name:"
            + " x-zone, index: 0}}]}, rds_config_source: {ads: {}}, scoped_rds:"
            + " {scoped_rds_config_source: {ads: {}}}}";
    try (EngineUnderTest proxy = EngineUnderTest.of(Yaml.http(scoped));
        Wire wire = proxy.connect()) {
      assertThat(proxy.engine.hasScopes("s")).isFalse();
      assertThat(ask(wire, "x-zone: a\r\n")).isEqualTo("404");
      assertThat(
              proxy.engine.applyScopes("s", List.of(scope("1", "a", "ta"), scope("2", "b", "tb"))))
          .isEmpty();
      assertThat(proxy.engine.hasScopes("s")).isTrue();
      assertThat(proxy.engine.applyRoutes(table("ta", "A"))).isEmpty();
      assertThat(proxy.engine.applyRoutes(table("tb", "B"))).isEmpty();
      assertThat(ask(wire, "x-zone: a\r\n")).isEqualTo("200A");
      assertThat(ask(wire, "x-zone: b\r\n")).isEqualTo("200B");
      assertThat(proxy.engine.applyScopes("s", List.of(scope("2", "a", "tb")))).isEmpty();
      assertThat(ask(wire, "x-zone: a\r\n")).isEqualTo("200B");
      assertThat(ask(wire, "x-zone: b\r\n")).isEqualTo("404");
      assertThat(
              proxy.engine.applyScopes("s", List.of(scope("1", "a", "ta"), scope("2", "a", "tb"))))
          .singleElement()
          .satisfies(error ->
              assertThat(error.message()).contains("ScopedRouteConfiguration 2.key", "scope 1"));
      assertThat(ask(wire, "x-zone: a\r\n")).isEqualTo("200B");
      assertThat(proxy.engine.removeScopes("s")).isTrue();
      assertThat(ask(wire, "x-zone: a\r\n")).isEqualTo("404");
    }
  }

  private static ScopedRoute scope(String name, String key, String table) {
    return new ScopedRoute(name, List.of(key), new ScopedRoute.Routes.Named(table));
  }

  @Test
  void virtualHostsComeAndGoOneByOne() throws Exception {
    Configs.Http rds = new Configs.Http();
    rds.routes = new RouteSource.Rds("t", Duration.ZERO);
    try (EngineUnderTest proxy = EngineUnderTest.of(rds.listener());
        Wire wire = proxy.connect()) {
      // Those that come before their table wait for it.
      assertThat(proxy.engine.applyVirtualHosts("t", List.of(host("b", "b.test")), Set.of()))
          .isEmpty();
      assertThat(status(wire, "b.test")).isEqualTo("404");
      assertThat(
              proxy.engine.applyRoutes(
                  Yaml.rds(
                      "{'name':'t','vhds':{'config_source':{'ads':{}}},'virtual_hosts':[{'name':'w',"
                          + "'domains':['w.test'],'routes':[{'match':{'prefix':'/'},"
                          + "'direct_response':{'status':299}}]}]}")))
          .isEmpty();
      assertThat(status(wire, "w.test")).isEqualTo("299");
      assertThat(status(wire, "b.test")).isEqualTo("201");
      assertThat(
              proxy.engine.applyVirtualHosts("t", List.of(host("c", "c.test")), Set.of("b", "x")))
          .isEmpty();
      assertThat(status(wire, "b.test")).isEqualTo("404");
      assertThat(status(wire, "c.test")).isEqualTo("201");
      assertThat(proxy.engine.applyVirtualHosts("t", List.of(host("d", "w.test")), Set.of()))
          .singleElement()
          .satisfies(error -> assertThat(error.message()).contains("w.test", "virtual host w"));
      assertThat(status(wire, "c.test")).isEqualTo("201");
      assertThat(status(wire, "w.test")).isEqualTo("299");
    }
  }

  private static VirtualHostConfig host(String name, String domain) {
    return Yaml.host(
        "{'name':'"
            + name
            + "','domains':['"
            + domain
            + "'],'routes':[{'match':{'prefix':'/'},'direct_response':{'status':201}}]}");
  }

  private static String status(Wire wire, String host) throws IOException {
    return wire.roundTrip("GET / HTTP/1.1\r\nhost: " + host + "\r\n\r\n").substring(9, 12);
  }

  @Test
  void malformedScopesAreRefusedByField() {
    String list = "scoped_route_configurations_list: {scoped_route_configurations: [";
    String one =
        "{name: one, key: {fragments: [{string_key: a}]}, route_configuration: "
            + direct("x")
            + "}";
    String key =
        "scope_key_builder: {fragments: [{header_value_extractor: {name: x, index: 0}}]}, ";
    assertThat(Yaml.refused("scoped_routes: {name: s, " + key + list + one + ", " + one + "]}}"))
        .contains("scoped_route_configurations[1].name", "scoped_route_configurations[1].key");
    assertThat(
            Yaml.refused(
                "scoped_routes: {name: s, scope_key_builder: {fragments: [{header_value_extractor:"
                    + " {name: x, index: 3}}]}, "
                    + list
                    + one
                    + "]}}"))
        .contains("scope_key_builder.fragments[0].header_value_extractor.index");
    assertThat(
            Yaml.refused(
                "scoped_routes: {name: s, "
                    + key
                    + list
                    + "{name: one, key: {fragments: []}, route_configuration_name: t}]}}"))
        .contains("scoped_route_configurations[0].key.fragments", "rds_config_source");
    assertThat(Yaml.refused("scoped_routes: {name: s, " + key + "}"))
        .contains("scoped_routes", "scoped_rds");
  }
}
