package io.heddle.proxy.engine.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Names, tags, sums and texts. */
class StatsTest {
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
    String text = registry.snapshot().prometheus(_ -> true, false);
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
    String text = registry.snapshot().text(name -> name.startsWith("cluster."), false);
    assertThat(text).isEqualTo("cluster.a.b\"c.a: 0\ncluster.a.b\"c.b: 1\n");
    assertThat(registry.snapshot().text(_ -> true, true)).isEqualTo("cluster.a.b\"c.b: 1\n");
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
}
