package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes as requests: {@link Agreement}. */
final class RequestParserFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void agreesWithTheReference(byte[] bytes) {
    if (bytes.length <= 4_096) {
      assertThat(Agreement.requests(bytes, PlantedFault.chosen().rules())).isEmpty();
    }
  }
}
