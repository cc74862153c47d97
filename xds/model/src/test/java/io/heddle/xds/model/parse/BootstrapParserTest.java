package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.BootstrapConfig.Admin;
import io.heddle.xds.model.BootstrapConfig.DynamicSources;
import io.heddle.xds.model.BootstrapConfig.GrpcTarget;
import io.heddle.xds.model.BootstrapConfig.Variant;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.StatsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BootstrapParserTest {

  private static final String HTTP2 =
      """
      {"node":{"id":"n","cluster":"c","metadata":{"A":"b","N":1.5,"L":[true,null]}},
       "static_resources":{"clusters":[{"name":"x","connectTimeout":"0.25s","type":"STATIC",
         "http2_protocol_options":{},
         "load_assignment":{"cluster_name":"x","endpoints":[{"priority":0,"lb_endpoints":[
           {"load_balancing_weight":3,"health_status":"HEALTHY","endpoint":{"address":
             {"socket_address":{"address":"127.0.0.1","port_value":7071}}}}]}]}}]}}
      """;

  private final BootstrapParser parser = new BootstrapParser(ParseOptions.STRICT);

  private static String sample(String name) {
    try (InputStream in = BootstrapParserTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BootstrapConfig ok(String text) {
    return switch (parser.parse(text)) {
      case Parsed.Ok<BootstrapConfig> ok -> ok.value();
      case Parsed.Refused<BootstrapConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  private List<ConfigError> errors(String text) {
    return switch (parser.parse(text)) {
      case Parsed.Ok<BootstrapConfig> ok -> throw new AssertionError("accepted: " + ok.value());
      case Parsed.Refused<BootstrapConfig> refused -> refused.errors();
    };
  }

  @Test
  void readsAStaticBootstrap() {
    BootstrapConfig bootstrap = ok(sample("static.yaml"));
    assertThat(bootstrap.dynamic()).isEqualTo(DynamicSources.NONE);
    assertThat(bootstrap.admin()).isInstanceOf(Admin.At.class);
    assertThat(bootstrap.clusters()).hasSize(1);
    HttpConnectionManagerConfig http =
        (HttpConnectionManagerConfig)
            bootstrap.listeners().getFirst().filterChains().getFirst().filters().getFirst();
    assertThat(http.httpFilters()).hasSize(2);
    RouteSource.Inline inline = (RouteSource.Inline) http.routes();
    assertThat(inline.routes().clusterNames()).containsExactly("orders");
    assertThat(inline.routes().validateClusters()).isTrue();
  }

  @Test
  void readsABootstrapWithDeltaAds() {
    BootstrapConfig bootstrap = ok(sample("ads-delta.yaml"));
    assertThat(bootstrap.node().id()).isEqualTo("orders-1");
    assertThat(bootstrap.node().metadata().getFieldsOrThrow("NAMESPACE").getStringValue())
        .isEqualTo("default");
    SourceConfig.Origin.Grpc ads = bootstrap.dynamic().ads().orElseThrow();
    assertThat(ads.variant()).isEqualTo(Variant.DELTA);
    assertThat(ads.target()).isEqualTo(new GrpcTarget.Cluster("control", ""));
    assertThat(ads.options().nodeOnFirstMessageOnly()).isTrue();
    assertThat(bootstrap.dynamic().listeners().orElseThrow().initialFetchTimeout()).isZero();
  }

  @Test
  void encodesWhatProtobufsOwnParserEncodes() throws InvalidProtocolBufferException {
    Findings findings = new Findings("Bootstrap", ParseOptions.STRICT, true);
    YamlDocument document = YamlDocument.parse(HTTP2, findings).orElseThrow();
    ByteString encoded =
        new YamlEncoder(findings)
            .encode(document.root(), Schema.claimed("envoy.config.bootstrap.v3.Bootstrap"));
    ByteString theirs = Samples.encode(HTTP2, Bootstrap.newBuilder());
    assertThat(findings.failed()).isFalse();
    assertThat(Bootstrap.parseFrom(encoded).equals(Bootstrap.parseFrom(theirs))).isTrue();
  }

  @Test
  void encodesForeignExtensionsWholly() {
    BootstrapConfig bootstrap = ok(sample("static.yaml"));
    HttpConnectionManagerConfig http =
        (HttpConnectionManagerConfig)
            bootstrap.listeners().getFirst().filterChains().getFirst().filters().getFirst();
    assertThat(http.httpFilters().getFirst().config())
        .satisfies(any ->
            assertThat(
                    any.unpack(
                            io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3
                                .LocalRateLimit.class)
                        .getTokenBucket()
                        .getFillInterval()
                        .getSeconds())
                .isEqualTo(60));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          {nodes: {}}                               | nodes | an unknown field (line 1)
          {node: 3}                                 | node | 3 (line 1)
          {'node[': 1}                              | node[ | an unknown field (line 1)
          {'node[x]': 1}                            | node[x] | an unknown field (line 1)
          {node: {id: 3}}                           | node.id | 3 (line 1)
          {node: {id: a, id: b}}                    | node.id | the field twice (line 1)
          {overload_manager: {}}                    | overload_manager.resource_monitors | none (line 1)
          {layered_runtime: {layers: [{name: x, rtds_layer: {}}]}} | layered_runtime.layers[0].rtds_layer.rtds_config | no source (line 1)
          {static_resources: {clusters: 3}}         | static_resources.clusters[0] | 3 (line 1)
          {static_resources: {secrets: [{name: s}]}} | static_resources.secrets[0] | nothing (line 1)
          {admin: {address: {pipe: {path: x}}}}     | admin.address.pipe | a value (line 1)
          {dynamic_resources: {lds_config: {path: x.pb_length_delimited}}} | dynamic_resources.lds_config.path | x.pb_length_delimited (line 1)
          {dynamic_resources: {lds_config: {self: {}}}} | dynamic_resources.lds_config.api_config_source | self: {} (line 1)
          {dynamic_resources: {lds_config: {api_config_source: {api_type: REST, refresh_delay: 1s}}}} | dynamic_resources.lds_config.api_config_source.cluster_names | 0 clusters (line 1)
          {dynamic_resources: {lds_config: {api_config_source: {api_type: REST, cluster_names: x}}}} | dynamic_resources.lds_config.api_config_source.refresh_delay | nothing (line 1)
          {dynamic_resources: {cds_config: {api_config_source: {api_type: REST, cluster_names: x}}}} | dynamic_resources.cds_config.api_config_source.cluster_names[0] | x (line 1)
          {dynamic_resources: {cds_config: {api_config_source: {api_type: AGGREGATED_GRPC}}}} | dynamic_resources.cds_config.api_config_source.api_type | AGGREGATED_GRPC (line 1)
          {dynamic_resources: {lds_config: {ads: {}}}} | dynamic_resources.ads_config | nothing (line 1)
          {dynamic_resources: {ads_config: {api_type: GRPC, grpc_services: [{envoy_grpc: {cluster_name: x}}]}}} | dynamic_resources.ads_config.grpc_services[0].envoy_grpc.cluster_name | x (line 1)
          """)
  void refusesByPathAndLine(String text, String path, String offending) {
    assertThat(errors(text))
        .extracting(ConfigError::field, ConfigError::offending)
        .contains(org.assertj.core.groups.Tuple.tuple(path, offending));
  }

  @Test
  void namesAnUnknownTypeAndItsLine() {
    String text =
        sample("static.yaml").replace("local_ratelimit.v3.LocalRateLimit", "nothing.v3.Nothing");
    assertThat(errors(text))
        .singleElement()
        .satisfies(error -> {
          assertThat(error.field())
              .isEqualTo(
                  "static_resources.listeners[0].filter_chains[0].filters[0].typed_config"
                      + ".http_filters[0].typed_config.@type");
          assertThat(error.offending())
              .startsWith(
                  "type.googleapis.com/envoy.extensions.filters.http.nothing.v3.Nothing (line ");
        });
  }

  @Test
  void warnsOfWhatHasNoEffectInstead() {
    assertThat(parser.parse("{stats_flush_interval: 1s}"))
        .asString()
        .contains("stats_flush_interval");
  }

  @Test
  void saysWhereTheSyntaxIsWrong() {
    assertThat(errors("node:\n  id: [a\n"))
        .singleElement()
        .satisfies(error -> assertThat(error.offending()).contains("(line "));
  }

  @Test
  void boundsWhatAliasesMultiply() {
    StringBuilder text = new StringBuilder("node:\n  metadata:\n    a0: &a0 [");
    text.append("x, ".repeat(40)).append("x]\n");
    for (int i = 1; i < 6; i++) {
      text.append("    a").append(i).append(": &a").append(i).append(" [");
      text.append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
    }
    assertThat(errors(text.toString()))
        .anyMatch(error -> error.expected().startsWith("fewer; aliases"));
  }

  @Test
  void boundsDepth() {
    String deep = "{node: {metadata: {a: " + "[".repeat(5_000) + "]".repeat(5_000) + "}}}";
    assertThat(errors(deep)).isNotEmpty();
    assertThat(errors("node: &n\n  metadata: {a: &m {b: *m}}\n")).isNotEmpty();
  }

  @Test
  void neverThrowsOnDamagedText() {
    String text = sample("ads-delta.yaml");
    Random random = new Random(7);
    for (int round = 0; round < 1_000; round++) {
      StringBuilder damaged = new StringBuilder(text);
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged.setCharAt(random.nextInt(text.length()), (char) (random.nextInt(96) + 32));
      }
      assertThat(parser.parse(damaged.toString())).isNotNull();
    }
  }

  @Test
  void readsHowStatisticsAreNamedPickedAndBucketed() {
    StatsConfig stats =
        ok("""
        stats_config:
          use_all_default_tags: false
          stats_tags:
          - {tag_name: envoy.cluster_name}
          - {tag_name: mesh, fixed_value: m1}
          - {tag_name: port, regex: "^cluster\\\\.(x(\\\\d+))"}
          stats_matcher: {inclusion_list: {patterns: [{prefix: cluster.}]}}
          histogram_bucket_settings:
          - {match: {suffix: _time}, buckets: [10, 2.5]}
        """)
            .stats();
    assertThat(stats.defaultTags()).isFalse();
    assertThat(stats.tags())
        .extracting(StatsConfig.TagRule::tag)
        .containsExactly("envoy.cluster_name", "mesh", "port");
    assertThat(stats.selection().keeps("cluster.a")).isTrue();
    assertThat(stats.selection().keeps("http.a")).isFalse();
    assertThat(stats.buckets().getFirst().bounds()).containsExactly(2.5, 10.0);
    assertThat(ok("node: {id: a}").stats()).isEqualTo(StatsConfig.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stats_tags: [{tag_name: nobody.knows}] | stats_config.stats_tags[0].tag_name",
        "stats_tags: [{tag_name: a, regex: 'b'}] | stats_config.stats_tags[0].regex",
        "stats_tags: [{tag_name: a, regex: '('}] | stats_config.stats_tags[0].regex",
        "stats_tags: [{tag_name: a, fixed_value: b}, {tag_name: a, fixed_value: c}]"
            + " | stats_config.stats_tags[1].tag_name",
        "stats_matcher: {} | stats_config.stats_matcher",
        "stats_matcher: {exclusion_list: {}} | stats_config.stats_matcher.exclusion_list.patterns",
        "histogram_bucket_settings: [{match: {exact: a}, buckets: [1, 1]}]"
            + " | stats_config.histogram_bucket_settings[0].buckets[1]",
        "histogram_bucket_settings: [{match: {exact: a}, buckets: [-1]}]"
            + " | stats_config.histogram_bucket_settings[0].buckets[0]",
        "histogram_bucket_settings: [{match: {exact: a}}]"
            + " | stats_config.histogram_bucket_settings[0].buckets",
      })
  void refusesWrongStatsConfigByField(String config, String field) {
    assertThat(errors("stats_config: {" + config + "}"))
        .extracting(ConfigError::field)
        .contains(field);
  }
}
