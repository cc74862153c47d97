package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes as responses to GET and to HEAD: {@link Agreement}. */
final class ResponseParserFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void agreesWithTheReference(byte[] bytes) {
    if (bytes.length <= 4_096) {
      FramingRules rules = PlantedFault.chosen().rules();
      assertThat(Agreement.responses(bytes, rules, "GET")).isEmpty();
      assertThat(Agreement.responses(bytes, rules, "HEAD")).isEmpty();
    }
  }
}
