package io.heddle.proxy.filters.headertometadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.extensions.filters.http.header_to_metadata.v3.Config;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HeaderToMetadataFilterTest {
  private static final String NAMESPACE = "envoy.filters.http.header_to_metadata";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final HeaderToMetadataFilterFactory factory = new HeaderToMetadataFilterFactory();

  private HttpFilterConfig config(String text) throws Exception {
    return factory.parse(any(text), context);
  }

  private static Any any(String text) throws Exception {
    return Any.pack(TextFormat.parse(text, Config.class));
  }

  private static Map<String, Value> metadata(FilterHarness harness, String namespace) {
    return harness.context().dynamicMetadata().get(namespace).orElseThrow().getFieldsMap();
  }

  private static Value value(Map<String, Value> fields, String key) {
    return fields.getOrDefault(key, Value.getDefaultInstance());
  }

  @Test
  void aHeaderIsPutDownAndTakenAwayAndTheOtherOneIsMissing() throws Exception {
    HttpFilterConfig config =
        config(
            "request_rules { header: 'X-Version' remove: true on_header_present {"
                + " metadata_namespace: 'envoy.lb' key: 'version' } } request_rules { header:"
                + " 'x-none' on_header_missing { key: 'none' value: 'yes' } } request_rules {"
                + " header: 'x-none' on_header_present { key: 'never' } } request_rules { header:"
                + " 'x-version' on_header_missing { key: 'gone' value: '1' } } stat_prefix: 'p'");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-version", "a", "x-version", "b");
      assertThat(value(metadata(harness, "envoy.lb"), "version").getStringValue()).isEqualTo("a,b");
      assertThat(harness.requestHead().contains(HeaderName.of("x-version"))).isFalse();
      assertThat(metadata(harness, NAMESPACE)).containsOnlyKeys("none", "gone");
    }
    assertThat(context.stats().all())
        .containsEntry("server.http_filter_name.p.request_rules_processed", 4L)
        .containsEntry("server.http_filter_name.p.request_metadata_added", 3L)
        .containsEntry("server.http_filter_name.p.request_header_not_found", 2L)
        .containsEntry("server.http_filter_name.p.response_rules_processed", 0L);
  }

  @Test
  void aCookieIsPutDownWithoutItsQuotes() throws Exception {
    HttpFilterConfig config =
        config("request_rules { cookie: 'user' on_header_present { key: 'user' } }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "cookie", "a=1; user=\"jo\"; user=2");
      assertThat(value(metadata(harness, NAMESPACE), "user").getStringValue()).isEqualTo("jo");
    }
  }

  @Test
  void responsesHaveRulesOfTheirOwn() throws Exception {
    HttpFilterConfig config =
        config("response_rules { header: 'x-team' on_header_present { key: 'team' } }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-team", "request");
      assertThat(harness.context().dynamicMetadata().get(NAMESPACE)).isEmpty();
      harness.wholeResponse(200, "x-team", "response");
      assertThat(value(metadata(harness, NAMESPACE), "team").getStringValue())
          .isEqualTo("response");
    }
  }

  @Test
  void valuesAreRewrittenFixedTypedAndDecoded() throws Exception {
    Value list = TextFormat.parse("list_value { values { bool_value: true } }", Value.class);
    String encoded = Base64.getEncoder().encodeToString(list.toByteArray());
    HttpFilterConfig config =
        config(
            "request_rules { header: ':path' on_header_present { key: 'first' regex_value_rewrite {"
                + " pattern { regex: '^/([^/]+).*$' } substitution: '\\\\1' } } } request_rules {"
                + " header: 'x-n' on_header_present { key: 'n' type: NUMBER } } request_rules {"
                + " header: 'x-bad' on_header_present { key: 'bad' type: NUMBER } } request_rules {"
                + " header: 'x-n' on_header_present { key: 'fixed' value: 'there' } } request_rules"
                + " { header: 'x-v' on_header_present { key: 'v' type: PROTOBUF_VALUE encode:"
                + " BASE64 } } request_rules { header: 'x-n' on_header_present { key: 'not64'"
                + " encode: BASE64 } } stat_prefix: 'p'");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/shop/1?x", true, "x-n", " 1.5", "x-bad", "1x", "x-v", encoded);
      Map<String, Value> found = metadata(harness, NAMESPACE);
      assertThat(found).containsOnlyKeys("first", "n", "fixed", "v");
      assertThat(value(found, "first").getStringValue()).isEqualTo("shop");
      assertThat(value(found, "n").getNumberValue()).isEqualTo(1.5);
      assertThat(value(found, "fixed").getStringValue()).isEqualTo("there");
      assertThat(found.get("v")).isEqualTo(list);
    }
    assertThat(context.stats().value("server.http_filter_name.p.base64_decode_failed")).isOne();
  }

  @Test
  void whatIsTooLongOrRewrittenToNothingIsLeftOut() throws Exception {
    HttpFilterConfig config =
        config(
            "request_rules { header: 'x-long' on_header_present { key: 'long' } }"
                + " request_rules { header: 'x-a' on_header_present { key: 'a'"
                + " regex_value_rewrite { pattern { regex: 'a' } } } }"
                + " stat_prefix: 'p'");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-long", "l".repeat(8192), "x-a", "aa");
      assertThat(harness.context().dynamicMetadata().all()).isEmpty();
    }
    assertThat(context.stats().value("server.http_filter_name.p.header_value_too_long")).isOne();
    assertThat(context.stats().value("server.http_filter_name.p.regex_substitution_failed"))
        .isOne();
  }

  @Test
  void aRoutesRulesReplaceThoseOfTheFilter() throws Exception {
    HttpFilterConfig config =
        config("request_rules { header: 'x-a' on_header_present { key: 'filter' } }");
    var route =
        factory.parseRoute(
            any("request_rules { header: 'x-a' on_header_present { key: 'route' } }"), context);
    try (FilterHarness harness = FilterHarness.of(config, route)) {
      harness.request("GET", "/", true, "x-a", "1");
      assertThat(metadata(harness, NAMESPACE)).containsOnlyKeys("route");
    }
    assertThatThrownBy(() -> factory.parseRoute(any(""), context))
        .hasMessageContaining("request_rules or response_rules");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "header: 'a' cookie: 'b' on_header_present { key: 'k' } | request_rules[0]",
        "on_header_present { key: 'k' } | request_rules[0]",
        "header: 'a' | request_rules[0]",
        "header: 'a b' on_header_present { key: 'k' } | request_rules[0].header",
        "header: ':path' remove: true on_header_present { key: 'k' } | request_rules[0].remove",
        "cookie: 'a' remove: true on_header_present { key: 'k' } | request_rules[0].remove",
        "header: 'a' on_header_present { } | request_rules[0].on_header_present.key",
        "header: 'a' on_header_missing { key: 'k' } | request_rules[0].on_header_missing.value",
        "header: 'a' on_header_present { key: 'k' value: 'v' regex_value_rewrite { } }"
            + " | request_rules[0].on_header_present",
        "header: 'a' on_header_present { key: 'k' regex_value_rewrite { pattern { regex: '(' } } }"
            + " | request_rules[0].on_header_present.regex_value_rewrite.pattern.regex",
        "header: 'a' on_header_present { key: 'k' regex_value_rewrite { pattern { regex: 'a' }"
            + " substitution: '\\\\1' } }"
            + " | request_rules[0].on_header_present.regex_value_rewrite.substitution"
      })
  void malformedRulesAreRefusedByTheirField(String rule, String field) {
    assertThatThrownBy(() -> config("request_rules { " + rule + " }"))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }
}
