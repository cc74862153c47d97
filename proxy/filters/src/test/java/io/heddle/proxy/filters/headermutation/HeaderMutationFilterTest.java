package io.heddle.proxy.filters.headermutation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HeaderMutationFilterTest {
  private static final HeaderName A = HeaderName.of("x-a");
  private final HeaderMutationFilterFactory factory = new HeaderMutationFilterFactory();

  @ParameterizedTest
  @CsvSource({
    "APPEND_IF_EXISTS_OR_ADD, 'old,new', new",
    "ADD_IF_ABSENT, old, new",
    "OVERWRITE_IF_EXISTS_OR_ADD, new, new",
    "OVERWRITE_IF_EXISTS, new, ''"
  })
  void putsAsTheActionSays(String action, String whenThere, String whenNot) throws Exception {
    HttpFilterConfig config =
        config(
            "mutations { request_mutations { append { header { key: 'X-A' value: 'new' }"
                + " append_action: "
                + action
                + " } } }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-a", "old");
      assertThat(String.join(",", harness.requestHead().all(A))).isEqualTo(whenThere);
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      assertThat(String.join(",", harness.requestHead().all(A))).isEqualTo(whenNot);
      assertThat(harness.forwardedWhole()).isTrue();
    }
  }

  @Test
  void removesByNameAndByMatch() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(
                """
                mutations {
                  request_mutations { remove: "x-a" }
                  request_mutations { remove_on_match { key_matcher { prefix: "x-internal-" } } }
                  response_mutations { remove: "server" }
                }
                """))) {
      harness.request(
          "GET", "/", true, "x-a", "1", "x-internal-b", "2", "x-internal-c", "3", "x-d", "4");
      assertThat(harness.requestHead().size()).isEqualTo(1);
      harness.response(200, "server", "s", "x-a", "kept");
      assertThat(harness.responseHead().orElseThrow().size()).isEqualTo(1);
    }
  }

  @Test
  void formatsValuesFromTheExchange() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(
                """
                mutations {
                  request_mutations { append { header { key: "x-a" value: "%REQ(:METHOD)% %REQ(X-NO?X-B):3%%% %ROUTE_NAME% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } } }
                  request_mutations { append { header { key: "x-empty" value: "%REQ(x-no)%" } } }
                  request_mutations { append { header { key: "x-kept" value: "%REQ(x-no)%" } keep_empty_value: true } }
                  request_mutations { append { header { key: ":path" value: "/new" } append_action: OVERWRITE_IF_EXISTS_OR_ADD } }
                  response_mutations { append { header { key: "x-status" value: "%RESP(x-c)% %PROTOCOL%" } } }
                  response_mutations { append { header { key: ":status" value: "201" } append_action: OVERWRITE_IF_EXISTS } }
                }
                """))) {
      harness.request("PUT", "/old", true, "x-b", "abcdef");
      assertThat(harness.requestHead().first(A)).contains("PUT abc% route 192.0.2.2");
      assertThat(harness.requestHead().contains(HeaderName.of("x-empty"))).isFalse();
      assertThat(harness.requestHead().first(HeaderName.of("x-kept"))).contains("");
      assertThat(harness.requestHead().path()).isEqualTo("/new");
      harness.response(200, "x-c", "c");
      assertThat(harness.responseHead().orElseThrow().first(HeaderName.of("x-status")))
          .contains("c HTTP/1.1");
      assertThat(harness.responseHead().orElseThrow().status()).isEqualTo(201);
    }
  }

  @Test
  void changesTheQuery() throws Exception {
    HttpFilterConfig config =
        config(
            """
            mutations {
              query_parameter_mutations { remove: "secret" }
              query_parameter_mutations { append { record { key: "a b" value { string_value: "1&2" } } action: OVERWRITE_IF_EXISTS_OR_ADD } }
              query_parameter_mutations { append { record { key: "k" value { string_value: "new" } } action: ADD_IF_ABSENT } }
              query_parameter_mutations { append { record { key: "none" value { string_value: "x" } } action: OVERWRITE_IF_EXISTS } }
            }
            """);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/p?secret=1&k=old&a%20b=0&raw=%2f&secret", true);
      assertThat(harness.requestHead().path()).isEqualTo("/p?k=old&raw=%2f&a%20b=1%262");
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/p", true);
      assertThat(harness.requestHead().path()).isEqualTo("/p?a%20b=1%262&k=new");
    }
  }

  @Test
  void changesTrailers() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(
                """
                mutations {
                  request_trailers_mutations { append { header { key: "x-a" value: "up" } } }
                  response_trailers_mutations { remove: "x-a" }
                }
                """))) {
      harness.request("POST", "/");
      Trailers up = harness.requestTrailers("x-b", "1");
      assertThat(up.first(A)).contains("up");
      harness.response(200);
      assertThat(harness.responseTrailers("x-a", "1").size()).isZero();
    }
  }

  @Test
  void theRouteComesLastAndWins() throws Exception {
    String put =
        "mutations { request_mutations { append { header { key: 'x-a' value: '%s' }"
            + " append_action: OVERWRITE_IF_EXISTS_OR_ADD } } }";
    RouteFilterConfig route =
        factory.parseRoute(
            any(put.formatted("route"), HeaderMutationPerRoute.newBuilder()),
            new FakeFactoryContext());
    try (FilterHarness harness =
        FilterHarness.of(
            config(put.formatted("filter") + " most_specific_header_mutations_wins: true"),
            route)) {
      harness.request("GET", "/", true);
      assertThat(harness.requestHead().all(A)).containsExactly("route");
    }
  }

  @ParameterizedTest
  @CsvSource({"false, table, route", "true, route, table"})
  void everyLevelIsAppliedInTheConfiguredOrder(
      boolean mostSpecificWins, String winner, String beforeIt) throws Exception {
    List<RouteFilterConfig> levels = new ArrayList<>();
    for (String level : List.of("table", "host", "route")) {
      levels.add(
          factory.parseRoute(
              any(
                  "mutations { request_mutations { append { header { key: 'x-a' value: 'NAME' }"
                          .replace("NAME", level)
                      + " append_action: OVERWRITE_IF_EXISTS_OR_ADD } }"
                      + " response_mutations { append { header { key: 'x-all' value: 'NAME' } } } }"
                          .replace("NAME", level),
                  HeaderMutationPerRoute.newBuilder()),
              new FakeFactoryContext()));
    }
    try (FilterHarness harness =
        FilterHarness.of(
            config("most_specific_header_mutations_wins: " + mostSpecificWins), levels)) {
      harness.request("GET", "/", true);
      assertThat(harness.requestHead().all(A)).containsExactly(winner);
      harness.response(200);
      assertThat(harness.responseHead().orElseThrow().all(HeaderName.of("x-all")))
          .containsExactly(beforeIt, "host", winner);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "request_mutations { }|mutations.request_mutations[0]",
        "request_mutations { remove: 'transfer-encoding' }|mutations.request_mutations[0].remove",
        "request_mutations { remove: ':path' }|mutations.request_mutations[0].remove",
        "request_mutations { remove: 'a b' }|mutations.request_mutations[0].remove",
        "response_mutations { append { header { key: 'connection' value: 'x' } }"
            + " }|mutations.response_mutations[0].append.header.key",
        "response_mutations { append { header { key: 'x' value: '%NO_SUCH%' } }"
            + " }|mutations.response_mutations[0].append.header.value",
        "response_mutations { append { header { key: 'x' value: '50%' } }"
            + " }|mutations.response_mutations[0].append.header.value",
        "response_mutations { append { header { key: 'x' value: '\\r\\nset-cookie: y' } }"
            + " }|mutations.response_mutations[0].append.header.value",
        "request_mutations { append { header { key: 'host' value: 'x' } }"
            + " }|mutations.request_mutations[0].append.append_action",
        "request_mutations { remove_on_match { key_matcher { safe_regex { regex: '(' } } }"
            + " }|mutations.request_mutations[0].remove_on_match.key_matcher.safe_regex.regex",
        "query_parameter_mutations { }|mutations.query_parameter_mutations[0]",
        "query_parameter_mutations { append { record { key: 'k' value { number_value: 1 } } }"
            + " }|mutations.query_parameter_mutations[0].append.record.value",
        "request_trailers_mutations { append { header { key: ':path' value: '/' } append_action:"
            + " OVERWRITE_IF_EXISTS } }|mutations.request_trailers_mutations[0].append.header.key"
      })
  void refusesByPath(String mutations, String field) {
    assertThatThrownBy(() -> config("mutations { " + mutations + " }"))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void refusesAnotherMessage() {
    Any other = any("", HeaderMutationPerRoute.newBuilder());
    assertThatThrownBy(() -> factory.parse(other, new FakeFactoryContext()))
        .isInstanceOf(FilterConfigException.class);
  }

  private HttpFilterConfig config(String text) throws FilterConfigException {
    return factory.parse(any(text, HeaderMutation.newBuilder()), new FakeFactoryContext());
  }

  private static Any any(String text, Message.Builder into) {
    try {
      TextFormat.merge(text, into);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return Any.pack(into.build());
  }
}
