package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Virtual hosts whose routes are found by a matcher. */
class RouteMatcherTreeTest {
  private static final String TYPE = "'@type': type.googleapis.com/";
  private static final String HEADER =
      "{name: i, typed_config: {"
          + TYPE
          + "envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: %s}}";
  private static final String PARAMETER =
      "{name: i, typed_config: {"
          + TYPE
          + "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput, query_param: %s}}";
  private static final String NETWORK =
      "{name: i, typed_config: {"
          + TYPE
          + "envoy.extensions.matching.common_inputs.network.v3.%s}}";

  private static String says(String words) {
    return "{action: {name: r, typed_config: {"
        + TYPE
        + "envoy.config.route.v3.Route, "
        + route("/", words)
        + "}}}";
  }

  private static String route(String prefix, String words) {
    return "match: {prefix: "
        + prefix
        + "}, direct_response: {status: 200, body: {inline_string: "
        + words
        + "}}";
  }

  private static EngineUnderTest proxy(String matcher) {
    return EngineUnderTest.of(Yaml.http(Yaml.table("matcher: {" + matcher + "}")));
  }

  private static String get(EngineUnderTest proxy, String path, String... headers)
      throws Exception {
    try (Upstream.Wire wire = proxy.connect()) {
      StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nhost: a\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      String response = wire.roundTrip(request + "\r\n");
      return response.startsWith("HTTP/1.1 200")
          ? response.substring(response.indexOf("\r\n\r\n") + 4)
          : response.substring(9, 12);
    }
  }

  @Test
  void aListTriesOnePredicateAfterTheOther() throws Exception {
    String single = "{single_predicate: {input: %s, value_match: {%s}}}";
    String a = single.formatted(HEADER.formatted("x-a"), "exact: one");
    String b = single.formatted(HEADER.formatted("x-b"), "prefix: TWO, ignore_case: true");
    String p = single.formatted(PARAMETER.formatted("q"), "safe_regex: {regex: 'a.c'}");
    try (EngineUnderTest proxy =
        proxy(
            "matcher_list: {matchers: [{predicate: {and_matcher: {predicate: [%s, %s]}},"
                    .formatted(a, b)
                + " on_match: "
                + says("both")
                + "},"
                + " {predicate: {or_matcher: {predicate: [%s, %s]}}, on_match: %s},"
                    .formatted(a, p, says("either"))
                + " {predicate: {not_matcher: %s}, on_match: %s}]}, on_no_match: %s"
                    .formatted(b, says("neither"), says("rest")))) {
      assertThat(get(proxy, "/", "x-a: one", "x-b: twofold")).isEqualTo("both");
      assertThat(get(proxy, "/", "x-a: one")).isEqualTo("either");
      assertThat(get(proxy, "/?x=1&q=a%42c")).isEqualTo("either");
      assertThat(get(proxy, "/?q=ac")).isEqualTo("neither");
      assertThat(get(proxy, "/", "x-b: two")).isEqualTo("rest");
      // Lines of one name are one value.
      assertThat(get(proxy, "/", "x-a: one", "x-a: one", "x-b: two")).isEqualTo("rest");
    }
  }

  @Test
  void treesGoByValuePrefixAndAddress() throws Exception {
    String ip =
        TYPE
            + "xds.type.matcher.v3.IPMatcher, range_matchers: ["
            + "{ranges: [{address_prefix: 127.0.0.0, prefix_len: 8}], on_match: "
            + says("near")
            + "},"
            + "{ranges: [{address_prefix: 0.0.0.0, prefix_len: 0}], on_match: "
            + says("far")
            + "}]";
    try (EngineUnderTest proxy =
        proxy(
            "matcher_tree: {input: "
                + HEADER.formatted("x-a")
                + ", exact_match_map: {map: {"
                + "whole: "
                + says("whole")
                + ", path: {matcher: {matcher_tree: {input: "
                + HEADER.formatted("':path'")
                + ", prefix_match_map: {map: {/a: "
                + says("short")
                + ", /ab: "
                + says("long")
                + "}}}}}, ip: {matcher: {matcher_tree: {input: "
                + NETWORK.formatted("SourceIPInput")
                + ", custom_match: {name: ip, typed_config: {"
                + ip
                + "}}}}}}}}")) {
      assertThat(get(proxy, "/", "x-a: whole")).isEqualTo("whole");
      assertThat(get(proxy, "/abc", "x-a: path")).isEqualTo("long");
      assertThat(get(proxy, "/ac", "x-a: path")).isEqualTo("short");
      assertThat(get(proxy, "/c", "x-a: path")).isEqualTo("404");
      assertThat(get(proxy, "/", "x-a: ip")).isEqualTo("near");
      assertThat(get(proxy, "/")).isEqualTo("404");
    }
  }

  @Test
  void anActionMayHaveSeveralRoutes() throws Exception {
    try (EngineUnderTest proxy =
        proxy(
            "on_no_match: {action: {name: r, typed_config: {"
                + TYPE
                + "envoy.config.route.v3.RouteList, routes: [{"
                + route("/a", "first")
                + "}, {"
                + route("/b", "second")
                + "}]}}}")) {
      assertThat(get(proxy, "/b")).isEqualTo("second");
      assertThat(get(proxy, "/a")).isEqualTo("first");
      assertThat(get(proxy, "/c")).isEqualTo("404");
    }
  }

  @Test
  void whatIsNotKnownIsRefusedByName() {
    String first = "virtual_hosts[0].matcher.matcher_list.matchers[0]";
    assertThat(refused("matcher_list: {}, on_no_match: {}"))
        .contains("matcher.matcher_list.matchers:")
        .contains("matcher.on_no_match:");
    assertThat(
            refused(
                "matcher_list: {matchers: [{predicate: {single_predicate: {input: "
                    + NETWORK.formatted("TransportProtocolInput")
                    + ", value_match: {}}}, on_match: {keep_matching: true, action: {name: r,"
                    + " typed_config: {"
                    + TYPE
                    + "envoy.config.route.v3.RouteAction}}}}]}"))
        .contains(first + ".predicate.single_predicate.input.typed_config:")
        .contains(first + ".predicate.single_predicate.value_match:")
        .contains(first + ".on_match.keep_matching:")
        .contains(first + ".on_match.action.typed_config:");
    assertThat(
            refused(
                "matcher_list: {matchers: [{predicate: {single_predicate: {input: "
                    + HEADER.formatted("x-a")
                    + ", custom_match: {name: c, typed_config: {"
                    + TYPE
                    + "envoy.extensions.matching.input_matchers.consistent_hashing.v3."
                    + "ConsistentHashing, threshold: 1, modulo: 2}}}}, on_match: "
                    + says("a")
                    + "}]}"))
        .contains(first + ".predicate.single_predicate.custom_match.typed_config:");
    assertThat(
            Yaml.refused(
                Yaml.table(
                    "routes: [{"
                        + route("/", "a")
                        + "}], matcher: {on_no_match: "
                        + says("b")
                        + "}")))
        .contains("virtual_hosts[0].matcher:");
  }

  private static String refused(String matcher) {
    return Yaml.refused(Yaml.table("matcher: {" + matcher + "}"));
  }
}
