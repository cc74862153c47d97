package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.filters.setfilterstate.SetFilterStateFilterFactory;
import io.heddle.proxy.filters.statefulsession.StatefulSessionFilterFactory;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What filters leave for routes and balancers, over sockets. */
class MetadataAndSessionsTest {
  private static final String HTTP = "type.googleapis.com/envoy.extensions.filters.http.";
  private static final String TO_UP = "- {match: {prefix: /}, route: {cluster: up}}\n";

  private static ProxyOverSockets proxy(String filters, String routes) throws Exception {
    return ProxyOverSockets.http(
        List.of(
            new Teller(), new SetFilterStateFilterFactory(), new StatefulSessionFilterFactory()),
        filters,
        routes);
  }

  private static String state(String values) {
    return "- {name: envoy.filters.http.set_filter_state, typed_config: {'@type': "
        + HTTP
        + "set_filter_state.v3.Config, on_request_headers: ["
        + values
        + "]}}\n";
  }

  private static String value(String key, String format, String more) {
    return "{object_key: "
        + key
        + ", factory_key: envoy.string, format_string: {text_format: '"
        + format
        + "'}"
        + more
        + "}";
  }

  /** Tells the upstream what the filter state holds under {@code color}. */
  private static final class Teller implements HttpFilterFactory {
    private static final FilterState.Key<String> COLOR =
        new FilterState.Key<>("color", String.class);

    @Override
    public String name() {
      return "teller";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of("example.com/google.protobuf.Struct");
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
      return exchange ->
          new HttpFilter() {
            @Override
            public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
              exchange
                  .filterState()
                  .get(COLOR)
                  .ifPresent(color -> headers.set(HeaderName.of("x-state"), color));
              return HeadersDecision.CONTINUE;
            }
          };
    }
  }

  private static final String TELLER =
      "- {name: teller, typed_config: {'@type': example.com/google.protobuf.Struct, value: {}}}\n";

  @Test
  void textsInTheFilterStateAreFormattedFromTheRequestInOrder() throws Exception {
    String filters =
        state(
            value("color", "%REQ(X-COLOR)%", ", skip_if_empty: true")
                + ", "
                + value("color", "%REQ(X-NONE)%", "").replace("}}", "}, skip_if_empty: true}")
                + ", "
                + value("other", "o", ""));
    try (ProxyOverSockets proxy = proxy(filters + TELLER, TO_UP)) {
      var _ = proxy.get("/", "x-color: red\r\n");
      assertThat(proxy.arrived()).contains("\r\nx-state: -\r\n");
    }
  }

  @Test
  void anEmptyTextIsSkippedAndAReadOnlyOneStays() throws Exception {
    String omit = "omit_empty_values: true}, skip_if_empty: true}";
    String filters =
        state(
            value("color", "%REQ(X-COLOR)%", ", read_only: true")
                + ", "
                + value("color", "late", "")
                + ", "
                + value("color", "%REQ(X-NONE)%", "").replace("}}", ", " + omit));
    try (ProxyOverSockets proxy =
        proxy(
            filters + TELLER,
            "- {match: {prefix: /}, route: {cluster: up}, typed_per_filter_config: {"
                + "envoy.filters.http.set_filter_state: {'@type': "
                + HTTP
                + "set_filter_state.v3.Config, on_request_headers: ["
                + value("color", "route", "")
                + "]}}}\n")) {
      var _ = proxy.get("/", "x-color: red\r\n");
      assertThat(proxy.arrived()).contains("\r\nx-state: red\r\n");
    }
    try (ProxyOverSockets proxy = proxy(state(value("color", "a", "")) + TELLER, TO_UP)) {
      var _ = proxy.get("/", "");
      assertThat(proxy.arrived()).contains("\r\nx-state: a\r\n");
    }
  }

  @Test
  void formatsThatAreNotKnownAreRefused() {
    assertThatThrownBy(() -> proxy(state(value("color", "%NOTHING_OF_THE_KIND%", "")), TO_UP))
        .hasMessageContaining("on_request_headers[0].format_string.text_format")
        .hasMessageContaining("NOTHING_OF_THE_KIND");
  }

  @Test
  void objectsOfAnUnknownKindAreRefused() {
    assertThatThrownBy(() ->
            proxy(
                state("{object_key: envoy.tcp_proxy.cluster, format_string: {text_format: up}}"),
                TO_UP))
        .hasMessageContaining("on_request_headers[0].object_key");
    assertThatThrownBy(() ->
            proxy(
                state("{object_key: a, factory_key: b, format_string: {text_format: up}}"), TO_UP))
        .hasMessageContaining("on_request_headers[0].factory_key");
    assertThatThrownBy(() -> proxy(state("{object_key: envoy.string}"), TO_UP))
        .hasMessageContaining("on_request_headers[0].format_string");
  }

  @Test
  void aSessionGoesBackToItsHostAndAStrictOneNowhereElse() throws Exception {
    String sessions =
        "- {name: envoy.filters.http.stateful_session, typed_config: {'@type': "
            + HTTP
            + "stateful_session.v3.StatefulSession, strict: true, stat_prefix: s, session_state:"
            + " {name: h, typed_config: {'@type': type.googleapis.com/envoy.extensions.http."
            + "stateful_session.header.v3.HeaderBasedSessionState, name: x-session}}}}\n";
    try (ProxyOverSockets proxy = proxy(sessions, TO_UP)) {
      String first = proxy.get("/", "");
      assertThat(first).startsWith("HTTP/1.1 200 ").contains("\r\nx-session: ");
      int at = first.indexOf("x-session: ");
      String session = first.substring(at, first.indexOf("\r\n", at) + 2);
      String second = proxy.get("/", session);
      assertThat(second).startsWith("HTTP/1.1 200 ").doesNotContain("x-session");
      // 127.0.0.1:1 in base 64: a host that the cluster does not have.
      assertThat(proxy.get("/", "x-session: MTI3LjAuMC4xOjE=\r\n")).startsWith("HTTP/1.1 503 ");
      assertThat(proxy.engine().stats().counter("http.in.stateful_session.s.routed")).contains(1L);
      assertThat(proxy.engine().stats().counter("http.in.stateful_session.s.failed_closed"))
          .contains(1L);
    }
  }
}
