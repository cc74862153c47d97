package io.heddle.proxy.filters.adaptiveconcurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Held against the samples themselves. */
class LatencyHistogramTest {
  @Test
  void quantilesAreAsNearAsABucketIsWide() {
    Random random = new Random(7);
    LatencyHistogram histogram = new LatencyHistogram();
    long[] all = new long[10_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = (long) Math.exp(random.nextDouble() * 20);
      histogram.record(all[i]);
    }
    Arrays.sort(all);
    for (double share : new double[] {0.01, 0.1, 0.5, 0.9, 0.99, 1}) {
      double exact = all[(int) Math.max(0, Math.ceil(share * all.length) - 1)];
      assertThat(histogram.quantile(share)).isCloseTo(exact, within(exact / 25 + 1));
    }
    assertThat(histogram.count()).isEqualTo(all.length);
    histogram.clear();
    assertThat(histogram.count()).isZero();
    assertThat(histogram.quantile(0.5)).isZero();
  }

  @Test
  void takesEveryDuration() {
    LatencyHistogram histogram = new LatencyHistogram();
    for (long micros : new long[] {-1, 0, 31, 32, 33, 1L << 39, 1L << 40, Long.MAX_VALUE}) {
      histogram.record(micros);
    }
    assertThat(histogram.count()).isEqualTo(8);
    assertThat(histogram.quantile(1)).isGreaterThan(1L << 38);
  }
}
