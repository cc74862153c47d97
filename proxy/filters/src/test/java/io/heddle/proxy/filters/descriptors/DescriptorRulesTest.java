package io.heddle.proxy.filters.descriptors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.TextFormat;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.DisableKeys;
import io.heddle.proxy.filters.descriptors.DescriptorRules.HostRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.Selection;
import io.heddle.proxy.filters.harness.FakeContext;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DescriptorRulesTest {
  private static final Selection FIRST = new Selection.OfStage(0, DisableKeys.BY_RUNTIME, false);

  private final FakeFactoryContext factory = new FakeFactoryContext();

  @BeforeEach
  void names() {
    factory.server().nodeCluster("edge");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generic_key { descriptor_value: 'slow' }|[generic_key=slow]",
        "generic_key { descriptor_value: 'slow' descriptor_key: 'kind' }|[kind=slow]",
        "source_cluster { }|[source_cluster=edge]",
        "destination_cluster { }|[destination_cluster=service]",
        "remote_address { }|[remote_address=2001:db8::1]",
        "masked_remote_address { }|[masked_remote_address=2001:db8::1/128]",
        "masked_remote_address { v6_prefix_mask_len { value: 20 }"
            + " }|[masked_remote_address=2001::/20]",
        "request_headers { header_name: 'X-User' descriptor_key: 'user' }|[user=ann]",
        "request_headers { header_name: ':path' descriptor_key: 'path'"
            + " }|[path=/p?a=1&b=x%20y+z&a=2]",
        "request_headers { header_name: 'x-none' descriptor_key: 'user' }|",
        "query_parameters { query_parameter_name: 'b' descriptor_key: 'b' }|[b=x y+z]",
        "query_parameters { query_parameter_name: 'a' descriptor_key: 'a' }|[a=1]",
        "query_parameters { query_parameter_name: 'c' descriptor_key: 'a' }|",
        "header_value_match { descriptor_value: 'v' headers { name: 'x-cost' exact_match: '7' }"
            + " }|[header_match=v]",
        "header_value_match { descriptor_value: 'v' headers { name: 'x-user' exact_match: 'bob' }"
            + " }|",
        "header_value_match { descriptor_value: 'v' descriptor_key: 'k' expect_match { } headers {"
            + " name: 'x-user' exact_match: 'bob' } }|[k=v]",
        "query_parameter_value_match { descriptor_value: 'v' query_parameters { name: 'b'"
            + " string_match { prefix: 'x y' } } }|[query_match=v]",
        "query_parameter_value_match { descriptor_value: 'v' query_parameters { name: 'c'"
            + " present_match: true } }|",
        "query_parameter_value_match { descriptor_value: 'v' expect_match { } query_parameters {"
            + " name: 'c' } }|[query_match=v]",
        "metadata { descriptor_key: 'm' metadata_key { key: 'ns' path { key: 'a' } path { key: 'b'"
            + " } } }|[m=deep]",
        "metadata { descriptor_key: 'm' metadata_key { key: 'ns' path { key: 'n' } } }|",
        "metadata { descriptor_key: 'm' metadata_key { key: 'ns' path { key: 'n' } } default_value:"
            + " 'd' }|[m=d]",
        "metadata { descriptor_key: 'm' source: ROUTE_ENTRY metadata_key { key: 'ns' path { key:"
            + " 'tier' } } }|[m=gold]",
        "dynamic_metadata { descriptor_key: 'm' metadata_key { key: 'ns' path { key: 'a' } path {"
            + " key: 'b' } } }|[m=deep]",
      })
  void anActionMakesAnEntryOrNoDescriptor(String action, String entries) throws Exception {
    String wanted = entries == null ? "" : entries;
    assertThat(described("actions { " + action + " }"))
        .isEqualTo(wanted.isEmpty() ? List.of() : List.of(wanted));
  }

  @ParameterizedTest
  @CsvSource({
    "request_headers { header_name: 'x-none' descriptor_key: 'k' skip_if_absent: true }",
    "query_parameters { query_parameter_name: 'c' descriptor_key: 'k' skip_if_absent: true }",
    "metadata { descriptor_key: 'm' metadata_key { key: 'x' path { key: 'y' } } skip_if_absent:"
        + " true }"
  })
  void whatMayBeSkippedLeavesTheRest(String action) throws Exception {
    String rest = " actions { generic_key { descriptor_value: 'v' } }";
    assertThat(described("actions { " + action + " }" + rest)).containsExactly("[generic_key=v]");
    assertThat(described("actions { " + action.replace("true", "false") + " }" + rest)).isEmpty();
    assertThat(described("actions { " + action + " }")).isEmpty();
  }

  @Test
  void entriesKeepTheOrderOfActionsAndRules() throws Exception {
    assertThat(
            described(
                "actions { generic_key { descriptor_value: 'a' } }"
                    + " actions { request_headers { header_name: 'x-user' descriptor_key: 'u' } }",
                "actions { request_headers { header_name: 'x-none' descriptor_key: 'u' } }",
                "actions { remote_address { } }"))
        .containsExactly("[generic_key=a, u=ann]", "[remote_address=2001:db8::1]");
  }

  @Test
  void stagesAndKeysChooseRules() throws Exception {
    String[] rules = {
      "stage { value: 1 } actions { generic_key { descriptor_value: 'later' } }",
      "disable_key: 'k' actions { generic_key { descriptor_value: 'switched' } }",
      "actions { generic_key { descriptor_value: 'plain' } }"
    };
    assertThat(described(FIRST, rules))
        .containsExactly("[generic_key=switched]", "[generic_key=plain]");
    assertThat(described(new Selection.OfStage(1, DisableKeys.ALWAYS, false), rules))
        .containsExactly("[generic_key=later]");
    assertThat(described(new Selection.OfStage(0, DisableKeys.ALWAYS, false), rules))
        .containsExactly("[generic_key=plain]");
    factory.runtime().set("ratelimit.k.http_filter_enabled", 0);
    assertThat(described(FIRST, rules)).containsExactly("[generic_key=plain]");
  }

  @Test
  void someRulesCountAtTheEndOnly() throws Exception {
    String[] rules = {
      "actions { generic_key { descriptor_value: 'end' } } apply_on_stream_done: true",
      "actions { generic_key { descriptor_value: 'now' } }"
    };
    assertThat(described(FIRST, rules)).containsExactly("[generic_key=now]");
    assertThat(described(Selection.All.AT_END, rules)).containsExactly("[generic_key=end]");
  }

  @Test
  void hitsAreANumberOrWhatComesOutAsOne() throws Exception {
    String key = "actions { generic_key { descriptor_value: 'v' } } ";
    assertThat(hits(key)).containsExactly(-1L);
    assertThat(hits(key + "hits_addend { number { value: 0 } }")).containsExactly(0L);
    assertThat(hits(key + "hits_addend { format: '%REQ(x-cost)%' }")).containsExactly(7L);
    assertThat(hits(key + "hits_addend { format: '%REQ(x-user)%' }")).isEmpty();
    assertThat(hits(key + "hits_addend { format: '%REQ(x-none)%' }")).isEmpty();
  }

  @Test
  void aFilterMayBringAnotherLimit() throws Exception {
    String rule =
        "actions { generic_key { descriptor_value: 'v' } } limit { dynamic_metadata { metadata_key"
            + " { key: 'ns' path { key: 'PATH' } } } }";
    assertThat(run(FIRST, List.of(rule.replace("PATH", "limit"))).getFirst().limit())
        .contains(new Descriptor.OtherLimit(42, 3));
    assertThat(run(FIRST, List.of(rule.replace("PATH", "a"))).getFirst().limit()).isEmpty();
    assertThat(run(FIRST, List.of(rule.replace("PATH", "none"))).getFirst().limit()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "OVERRIDE,false,route",
    "OVERRIDE,true,route+host",
    "INCLUDE,false,route+host",
    "IGNORE,false,route",
    "IGNORE,true,route+host"
  })
  void aHostsRulesCountAsTheRouteAndTheFilterSay(HostRules rules, boolean include, String wanted)
      throws Exception {
    DescriptorRules route =
        compiled(List.of("actions { generic_key { descriptor_value: 'route' } }"));
    DescriptorRules host =
        compiled(List.of("actions { generic_key { descriptor_value: 'host' } }"));
    assertThat(
            ofRoute(
                new RateLimitRules.OfRoute(Optional.of(route), Optional.of(host), include), rules))
        .isEqualTo(wanted);
    assertThat(
            ofRoute(
                new RateLimitRules.OfRoute(Optional.empty(), Optional.of(host), include), rules))
        .isEqualTo(rules == HostRules.IGNORE && !include ? "" : "host");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stage { value: 11 }|rate_limits[0].stage",
        "disable_key: 'k'|rate_limits[0].actions",
        "actions { }|rate_limits[0].actions[0]",
        "actions { extension { name: 'x' } }|rate_limits[0].actions[0].extension",
        "actions { generic_key { } }|rate_limits[0].actions[0].generic_key.descriptor_value",
        "actions { request_headers { header_name: 'x' }"
            + " }|rate_limits[0].actions[0].request_headers.descriptor_key",
        "actions { request_headers { header_name: 'a b' descriptor_key: 'k' }"
            + " }|rate_limits[0].actions[0].request_headers.header_name",
        "actions { masked_remote_address { v4_prefix_mask_len { value: 33 } }"
            + " }|rate_limits[0].actions[0].masked_remote_address.v4_prefix_mask_len",
        "actions { header_value_match { descriptor_value: 'v' }"
            + " }|rate_limits[0].actions[0].header_value_match.headers",
        "actions { query_parameter_value_match { descriptor_value: 'v' query_parameters { } }"
            + " }|rate_limits[0].actions[0].query_parameter_value_match.query_parameters[0].name",
        "actions { metadata { descriptor_key: 'm' metadata_key { key: 'n' } }"
            + " }|rate_limits[0].actions[0].metadata.metadata_key.path",
        "actions { remote_address { } } limit { }|rate_limits[0].limit",
        "actions { remote_address { } } hits_addend { }|rate_limits[0].hits_addend",
        "actions { remote_address { } } hits_addend { format: '%A%%B%'"
            + " }|rate_limits[0].hits_addend.format",
      })
  void refusesByPath(String rule, String field) {
    assertThatThrownBy(() -> compiled(List.of(rule)))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource({"stage { value: 1 }, stage", "disable_key: 'k', disable_key", "limit { }, limit"})
  void aFiltersOwnRulesHaveNoStageKeyOrLimit(String part, String field) {
    RateLimit message = message(part + " actions { remote_address { } }");
    assertThatThrownBy(() -> DescriptorRules.ofFilter(List.of(message), "", factory))
        .isInstanceOfSatisfying(
            FilterConfigException.class,
            e -> assertThat(e.field()).isEqualTo("rate_limits[0]." + field));
  }

  private String ofRoute(RateLimitRules.OfRoute limits, HostRules rules) {
    List<Descriptor> found = new ArrayList<>();
    exchange(context -> {
      context.rateLimits(limits);
      DescriptorRules.describeRoute(context, FIRST, rules, found);
    });
    return String.join("+", found.stream().map(one -> one.entries().getFirst().value()).toList());
  }

  private List<String> described(String... rules) throws FilterConfigException {
    return described(FIRST, rules);
  }

  private List<String> described(Selection selection, String... rules)
      throws FilterConfigException {
    return run(selection, List.of(rules)).stream()
        .map(one -> one.entries().stream().map(e -> e.key() + "=" + e.value()).toList().toString())
        .toList();
  }

  private List<Long> hits(String rule) throws FilterConfigException {
    return run(FIRST, List.of(rule)).stream().map(one -> one.hits().orElse(-1)).toList();
  }

  private List<Descriptor> run(Selection selection, List<String> rules)
      throws FilterConfigException {
    DescriptorRules compiled = compiled(rules);
    List<Descriptor> found = new ArrayList<>();
    exchange(context -> compiled.describe(context, selection, found));
    return found;
  }

  private DescriptorRules compiled(List<String> rules) throws FilterConfigException {
    return DescriptorRules.ofRoute(
        rules.stream().map(rule -> Any.pack(message(rule))).toList(), factory);
  }

  private static void exchange(Consumer<FakeContext> look) {
    HttpFilter nothing = new HttpFilter() {};
    try (FilterHarness harness = FilterHarness.of(_ -> nothing)) {
      harness.request(
          "GET", "/p?a=1&b=x%20y+z&a=2", true, "x-user", "ann", "x-user", "eve", "x-cost", "7");
      FakeContext context = harness.context();
      context.remoteAddress(new InetSocketAddress("2001:db8::1", 1));
      context.routeMetadata(Map.of("ns/tier", "gold"));
      context
          .dynamicMetadata()
          .put("ns", "a", struct("b", Value.newBuilder().setStringValue("deep").build()));
      context.dynamicMetadata().put("ns", "n", Value.newBuilder().setNumberValue(1).build());
      Struct limit =
          Struct.newBuilder()
              .putFields("requests_per_unit", Value.newBuilder().setNumberValue(42).build())
              .putFields("unit", Value.newBuilder().setStringValue("HOUR").build())
              .build();
      context
          .dynamicMetadata()
          .put("ns", "limit", Value.newBuilder().setStructValue(limit).build());
      look.accept(context);
    }
  }

  private static Value struct(String field, Value value) {
    return Value.newBuilder().setStructValue(Struct.newBuilder().putFields(field, value)).build();
  }

  private static RateLimit message(String text) {
    RateLimit.Builder builder = RateLimit.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return builder.build();
  }
}
