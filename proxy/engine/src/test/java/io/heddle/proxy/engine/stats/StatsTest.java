package io.heddle.proxy.engine.stats;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.heddle.proxy.engine.stats.StatsText.Buckets;
import io.heddle.xds.model.StatsConfig;
import io.heddle.xds.model.StatsConfig.BucketRule;
import io.heddle.xds.model.StatsConfig.Selection;
import io.heddle.xds.model.StatsConfig.TagRule;
import io.heddle.xds.model.StringMatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names, tags, sums and texts. */
class StatsTest {
  private static final StatsText ALL = new StatsText(_ -> true, false);

  private final StatsRegistry registry = new StatsRegistry(2);
  private final Scope cluster = registry.root().tagged("cluster", "envoy_cluster_name", "a.b\"c");

  @Test
  void countersOfAllLoopsAndOtherThreadsAreSummed() throws Exception {
    ScalarStat counter = cluster.counter("upstream_rq_2xx");
    Thread[] loops = new Thread[2];
    for (int i = 0; i < loops.length; i++) {
      LoopStats cells = registry.loop(i);
      loops[i] =
          new LoopThread(
              () -> {
                for (int n = 0; n < 10_000; n++) {
                  counter.increment();
                  cells.increment(counter);
                }
              },
              "loop",
              registry,
              cells);
      loops[i].start();
    }
    for (int n = 0; n < 10_000; n++) {
      counter.increment();
    }
    for (Thread loop : loops) {
      loop.join();
    }
    assertThat(counter.value()).isEqualTo(50_000);
    assertThat(cluster.counter("upstream_rq_2xx")).isSameAs(counter);
  }

  @Test
  void prometheusTextHasTagsAsLabels() {
    cluster.counter("upstream_rq_2xx").add(3);
    cluster.counter("upstream_rq_503").add(2);
    cluster.gauge("upstream_cx_active").add(1);
    cluster.histogram("upstream_rq_time").record(7);
    String text = ALL.prometheus(registry.snapshot(), false);
    assertThat(text)
        .contains(
            "# TYPE envoy_cluster_upstream_rq_xx counter\n"
                + "envoy_cluster_upstream_rq_xx{envoy_cluster_name=\"a.b\\\"c\","
                + "envoy_response_code_class=\"2\"} 3\n",
            "envoy_cluster_upstream_rq{envoy_cluster_name=\"a.b\\\"c\","
                + "envoy_response_code=\"503\"} 2\n",
            "# TYPE envoy_cluster_upstream_cx_active gauge\n",
            "envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=\"a.b\\\"c\",le=\"5\"} 0\n",
            "envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=\"a.b\\\"c\",le=\"10\"} 1\n",
            "envoy_cluster_upstream_rq_time_count{envoy_cluster_name=\"a.b\\\"c\"} 1\n");
  }

  @Test
  void plainTextIsSortedAndFiltered() {
    cluster.counter("b").add(1);
    cluster.counter("a");
    String text =
        new StatsText(name -> name.startsWith("cluster."), false)
            .lines(registry.snapshot(), Buckets.NONE);
    assertThat(text).isEqualTo("cluster.a.b\"c.a: 0\ncluster.a.b\"c.b: 1\n");
    assertThat(new StatsText(_ -> true, true).lines(registry.snapshot(), Buckets.NONE))
        .isEqualTo("cluster.a.b\"c.b: 1\n");
  }

  @Test
  void hiddenStatisticsComeBackWithTheirName() {
    ScalarStat counter = cluster.counter("x");
    counter.add(4);
    cluster.hide();
    assertThat(registry.snapshot().counters()).isEmpty();
    assertThat(cluster.counter("x").value()).isEqualTo(4);
    assertThat(registry.snapshot().counters()).hasSize(1);
  }

  @Test
  void bucketsAreContiguousAndExactBelow32() {
    for (long value = 0; value < 100_000; value++) {
      int bucket = HistogramStat.bucket(value);
      assertThat(HistogramStat.floor(bucket)).isLessThanOrEqualTo(value);
      assertThat(HistogramStat.floor(bucket + 1)).isGreaterThan(value);
    }
    assertThat(HistogramStat.bucket((1L << 32) - 1)).isEqualTo(HistogramStat.BUCKETS - 1);
  }

  private static StatsRegistry configured(
      List<TagRule> tags, boolean defaults, Selection selection, List<BucketRule> buckets) {
    return new StatsRegistry(1, new StatsConfig(tags, defaults, selection, buckets));
  }

  private static StatsRegistry tagging(boolean defaults, TagRule... tags) {
    return configured(List.of(tags), defaults, Selection.All.ALL, List.of());
  }

  private static String names(StatsRegistry registry) {
    registry
        .root()
        .tagged("cluster", "envoy_cluster_name", "outbound|80||orders.shop")
        .counter("upstream_rq_503")
        .increment();
    return ALL.prometheus(registry.snapshot(), false).lines().skip(1).findFirst().orElseThrow();
  }

  @Test
  void tagsAreTakenFromTheWholeNameByRegexAndFromTheConfiguration() {
    TagRule port =
        new TagRule.ByRegex("svc.port", Pattern.compile("^cluster\\.outbound(\\|(\\d+))"));
    TagRule mesh = new TagRule.Fixed("mesh", "m\"1");
    assertThat(names(tagging(true, port, mesh)))
        .isEqualTo(
            "envoy_cluster_upstream_rq{envoy_cluster_name=\"outbound|80||orders.shop\","
                + "envoy_response_code=\"503\",svc_port=\"80\",mesh=\"m\\\"1\"} 1");
    assertThat(names(tagging(false, port)))
        .isEqualTo("envoy_cluster_outbound__orders_shop_upstream_rq_503{svc_port=\"80\"} 1");
    assertThat(names(tagging(false, new TagRule.Default("envoy.response_code"))))
        .isEqualTo(
            "envoy_cluster_outbound_80__orders_shop_upstream_rq{envoy_response_code=\"503\"} 1");
    TagRule elsewhere = new TagRule.ByRegex("other", Pattern.compile("^http(.*)"));
    assertThat(names(tagging(true, elsewhere))).doesNotContain("other");
  }

  @Test
  void onlySelectedStatisticsAreShownAndTheOthersStillCount() {
    Selection only = new Selection.Only(List.of(new StringMatch.Prefix("a.", false)));
    StatsRegistry some = configured(List.of(), true, only, List.of());
    ScalarStat hidden = some.root().counter("b.x");
    hidden.increment();
    some.root().counter("a.x").increment();
    some.root().histogram("b.time").record(1);
    some.root().gauge("b.derived", () -> 1);
    assertThat(ALL.lines(some.snapshot(), Buckets.NONE)).isEqualTo("a.x: 1\n");
    assertThat(hidden.value()).isEqualTo(1);
    Selection without = new Selection.Without(List.of(new StringMatch.Prefix("a.", false)));
    StatsRegistry rest = configured(List.of(), true, without, List.of());
    rest.root().counter("a.x");
    rest.root().counter("b.x");
    assertThat(ALL.lines(rest.snapshot(), Buckets.NONE)).isEqualTo("b.x: 0\n");
    StatsRegistry none = configured(List.of(), true, Selection.None.NONE, List.of());
    none.root().counter("a.x");
    assertThat(none.snapshot().counters()).isEmpty();
  }

  @Test
  void bucketsAreShownAsAskedAndAsConfigured() {
    BucketRule rule = new BucketRule(new StringMatch.Suffix("time", false), List.of(2.0, 10.0));
    StatsRegistry some = configured(List.of(), true, Selection.All.ALL, List.of(rule));
    HistogramStat histogram = some.root().histogram("x.time");
    histogram.record(1);
    histogram.record(7);
    histogram.record(500);
    StatsSnapshot stats = some.snapshot();
    assertThat(ALL.lines(stats, Buckets.CUMULATIVE)).isEqualTo("x.time: B2(0,1) B10(0,2)\n");
    assertThat(ALL.lines(stats, Buckets.DISJOINT)).isEqualTo("x.time: B2(0,1) B10(0,1)\n");
    assertThat(ALL.lines(stats, Buckets.DETAILED)).contains("totals=1,1:1, 7,1:1, 496,16:1");
    assertThat(ALL.lines(stats, Buckets.NONE)).startsWith("x.time: P0(nan,1) ");
    assertThat(ALL.prometheus(stats, false))
        .contains("_bucket{le=\"2\"} 1\n", "_bucket{le=\"10\"} 2\n", "{le=\"+Inf\"} 3\n")
        .doesNotContain("le=\"5\"");
  }

  @Test
  void afterAResetCountersAndHistogramsCountAnewAndGaugesStay() {
    cluster.counter("c").add(5);
    cluster.gauge("g").add(3);
    cluster.histogram("h").record(9);
    registry.reset();
    assertThat(cluster.counter("c").value()).isZero();
    assertThat(cluster.gauge("g").value()).isEqualTo(3);
    assertThat(registry.snapshot().histograms().getFirst().count()).isZero();
    cluster.counter("c").add(2);
    cluster.histogram("h").record(40);
    assertThat(cluster.counter("c").value()).isEqualTo(2);
    StatsSnapshot.Distribution histogram = registry.snapshot().histograms().getFirst();
    assertThat(histogram.count()).isEqualTo(1);
    assertThat(histogram.sum()).isEqualTo(40);
    assertThat(histogram.quantile(0)).isEqualTo(40);
  }

  @Test
  void textsAreLinesAndLabelsAndHiddenWithTheirScope() {
    cluster.text("version_text").set("a \"b\"\nc");
    Scope sds = registry.root().tagged("sds", "envoy_xds_resource_name", "s");
    sds.text("version_text");
    assertThat(ALL.lines(registry.snapshot(), Buckets.NONE))
        .isEqualTo("cluster.a.b\"c.version_text: \"a \"b\"\\nc\"\nsds.s.version_text: \"\"\n");
    assertThat(new StatsText(_ -> true, true).lines(registry.snapshot(), Buckets.NONE))
        .doesNotContain("sds");
    assertThat(ALL.prometheus(registry.snapshot(), true))
        .contains(
            """
            # TYPE envoy_sds_version_text gauge
            envoy_sds_version_text{envoy_xds_resource_name="s",text_value=""} 0
            """)
        .contains("text_value=\"a \\\"b\\\"\\nc\"} 0\n");
    assertThat(ALL.prometheus(registry.snapshot(), false)).isEmpty();
    cluster.hide();
    assertThat(registry.snapshot().text("cluster.a.b\"c.version_text")).isEmpty();
    cluster.text("version_text").set("again");
    assertThat(registry.snapshot().text("cluster.a.b\"c.version_text")).contains("again");
  }
}
