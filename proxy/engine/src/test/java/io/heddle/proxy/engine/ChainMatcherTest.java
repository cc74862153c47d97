package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import org.junit.jupiter.api.Test;

/** Filter chains that a matcher chooses by name. */
class ChainMatcherTest {
  private static final String TYPE = "'@type': type.googleapis.com/";
  private static final String NETWORK =
      "{name: i, typed_config: {"
          + TYPE
          + "envoy.extensions.matching.common_inputs.network.v3.%s}}";
  private static final String BY_SOURCE =
      "matcher_tree: {input: "
          + NETWORK.formatted("SourceIPInput")
          + ", custom_match: {name: ip, typed_config: {"
          + TYPE
          + "xds.type.matcher.v3.IPMatcher, range_matchers: [{ranges: [{address_prefix: 10.0.0.0,"
          + " prefix_len: 8}], on_match: {matcher: {matcher_tree: {input: "
          + NETWORK.formatted("DestinationPortInput")
          + ", exact_match_map: {map: {'443': "
          + chosen("one")
          + "}}}}}}, {ranges: [{address_prefix: 10.1.0.0, prefix_len: 16}], on_match: "
          + chosen("two")
          + "}]}}}";

  private static String chosen(String chain) {
    return "{action: {name: c, typed_config: {"
        + TYPE
        + "google.protobuf.StringValue, value: "
        + chain
        + "}}}";
  }

  private static String chain(String fields, String says) {
    return "{"
        + fields
        + "filters: [{name: http, typed_config: {"
        + TYPE
        + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,"
        + " stat_prefix: in, http_filters: [{name: r, typed_config: {"
        + TYPE
        + "envoy.extensions.filters.http.router.v3.Router}}], route_config: {name: r,"
        + " virtual_hosts: [{name: all, domains: ['*'], routes: [{match: {prefix: /},"
        + " direct_response: {status: 200, body: {inline_string: "
        + says
        + "}}}]}]}}}]}";
  }

  private static Parsed<BootstrapConfig> listener(String matcher, String... chains) {
    return new BootstrapParser(ParseOptions.STRICT)
        .parse(
            "static_resources: {listeners: [{name: in, address: {socket_address: {address:"
                + " 127.0.0.1, port_value: 0}}, listener_filters: [{name: p, typed_config: {"
                + TYPE
                + "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}}],"
                + " filter_chain_matcher: {"
                + matcher
                + "}, filter_chains: ["
                + String.join(", ", chains)
                + "], default_filter_chain: "
                + chain("", "other")
                + "}]}");
  }

  private static String get(EngineUnderTest proxy, String from, int toPort) throws Exception {
    try (Wire wire = proxy.connect()) {
      String response =
          wire.roundTrip(
              "PROXY TCP4 "
                  + from
                  + " 192.0.2.1 1234 "
                  + toPort
                  + "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
      return response.substring(response.indexOf("\r\n\r\n") + 4);
    }
  }

  @Test
  void theChainIsTheOneThatTheMatcherNames() throws Exception {
    Parsed<BootstrapConfig> parsed =
        listener(BY_SOURCE, chain("name: one, ", "one"), chain("name: two, ", "two"));
    assertThat(parsed).isInstanceOf(Parsed.Ok.class);
    BootstrapConfig config = ((Parsed.Ok<BootstrapConfig>) parsed).value();
    try (EngineUnderTest proxy = EngineUnderTest.of(config.listeners().getFirst())) {
      assertThat(get(proxy, "10.0.0.1", 443)).isEqualTo("one");
      assertThat(get(proxy, "10.1.0.1", 443)).isEqualTo("two");
      assertThat(get(proxy, "10.0.0.1", 80)).isEqualTo("other");
      assertThat(get(proxy, "192.0.2.7", 443)).isEqualTo("other");
    }
  }

  @Test
  void whatCannotBeChosenIsRefused() {
    String header =
        "{name: i, typed_config: {"
            + TYPE
            + "envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: a}}";
    Parsed<BootstrapConfig> parsed =
        listener(
            "matcher_tree: {input: "
                + header
                + ", exact_match_map: {map: {a: "
                + chosen("three")
                + "}}}, on_no_match: {action: {name: c, typed_config: {"
                + TYPE
                + "google.protobuf.UInt32Value, value: 1}}}",
            chain("name: one, filter_chain_match: {destination_port: 1}, ", "one"),
            chain("name: one, ", "two"),
            chain("", "three"));
    assertThat(parsed).isInstanceOf(Parsed.Refused.class);
    String at = "static_resources.listeners[0].";
    assertThat(((Parsed.Refused<BootstrapConfig>) parsed).message())
        .contains(at + "filter_chain_matcher.matcher_tree.input.typed_config:")
        .contains(
            at
                + "filter_chain_matcher.matcher_tree.exact_match_map.map[\"a\"].action"
                + ".typed_config.value:")
        .contains(at + "filter_chain_matcher.on_no_match.action.typed_config:")
        .contains(at + "filter_chains[0].filter_chain_match:")
        .contains(at + "filter_chains[1].name:")
        .contains(at + "filter_chains[2].name:");
  }
}
