package io.heddle.control.app.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.heddle.control.app.ratelimit.LimitRulesReader.BadRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LimitRulesTest {
  private static final String RULES =
      """
      domain: shop
      descriptors:
      - key: user
        rate_limit: {unit: minute, requests_per_unit: 100, name: per user}
        descriptors:
        - key: path
          value: /cart*
          rate_limit: {unit: second, requests_per_unit: 5}
        - key: path
          rate_limit: {unit: Hour, requests_per_unit: 7}
      - key: user
        value: ann
        rate_limit: {unlimited: true}
      - key: user
        value: bob
        shadow_mode: true
        rate_limit: {unit: day, requests_per_unit: 0}
      ---
      domain: other
      descriptors:
      - {key: user, rate_limit: {unit: week, requests_per_unit: 4294967295}}
      """;

  private static LimitRules read(String text) throws BadRules {
    return LimitRulesReader.read(Map.of("rules.yaml", text));
  }

  @ParameterizedTest
  @CsvSource({
    "shop, user=cid, 100 MINUTE",
    "shop, user=ann, none",
    "shop, user=bob, 0 DAY shadow",
    "shop, user=cid path=/cart/1, 5 SECOND",
    "shop, user=cid path=/, 7 HOUR",
    "shop, user=bob path=/, none",
    "shop, path=/, none",
    "shop, user=cid path=/ more=x, none",
    "other, user=ann, 4294967295 WEEK",
    "nobody, user=ann, none"
  })
  void aDescriptorLeadsToItsLimit(String domain, String entries, String wanted) throws Exception {
    List<RateLimitDescriptor.Entry> path = new ArrayList<>();
    for (String entry : entries.split(" ", -1)) {
      int equals = entry.indexOf('=');
      path.add(
          RateLimitDescriptor.Entry.newBuilder()
              .setKey(entry.substring(0, equals))
              .setValue(entry.substring(equals + 1))
              .build());
    }
    assertThat(
            read(RULES)
                .find(domain, path)
                .map(limit ->
                    limit.requests() + " " + limit.unit() + (limit.shadow() ? " shadow" : ""))
                .orElse("none"))
        .isEqualTo(wanted);
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(() ->
            read(
                """
                domain: shop
                more: 1
                descriptors:
                - value: v
                  rate_limit: {unit: fortnight, requests_per_unit: 1}
                - key: user
                  rate_limit: {unit: second, requests_per_unit: -1}
                - key: user
                  rate_limit: {unit: second, requests_per_unit: 1, replaces: [x]}
                - key: path
                  shadow_mode: 3
                """))
        .isInstanceOf(BadRules.class)
        .hasMessageContaining("rules.yaml.more")
        .hasMessageContaining("rules.yaml: descriptors[0].key: null")
        .hasMessageContaining("descriptors[0].rate_limit.unit: fortnight")
        .hasMessageContaining("descriptors[1].rate_limit.requests_per_unit: -1")
        .hasMessageContaining("descriptors[2].rate_limit.replaces")
        .hasMessageContaining("descriptors[2]: user (expected: a key and value used once)")
        .hasMessageContaining("descriptors[3].shadow_mode: 3");
  }

  @Test
  void whatIsNoYamlIsRefused() {
    assertThatThrownBy(() -> read("domain: [")).isInstanceOf(BadRules.class);
    assertThatThrownBy(() -> read("domain: a\n---\ndomain: a\n"))
        .hasMessageContaining("a domain used once");
  }
}
