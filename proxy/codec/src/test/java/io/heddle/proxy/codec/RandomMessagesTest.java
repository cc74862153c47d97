package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Seeded random messages against the reference; the planted faults show that it would notice. */
final class RandomMessagesTest {
  private static final int ROUNDS = 4_000;

  @Test
  void requestsAgreeWithTheReference() {
    Random random = new Random(1);
    int whole = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] bytes = Grammar.requests(random);
      assertThat(Agreement.requests(bytes, new FramingRules())).as(show(bytes)).isEmpty();
      whole += Reference.requests(text(bytes), Agreement.LIMITS).bodies().isEmpty() ? 0 : 1;
    }
    // Neither all good nor all bad, or the test would show little.
    assertThat(whole).isBetween(ROUNDS / 5, ROUNDS * 4 / 5);
  }

  @Test
  void responsesAgreeWithTheReference() {
    Random random = new Random(2);
    int whole = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] bytes = Grammar.responses(random);
      String method = i % 4 == 0 ? "HEAD" : "GET";
      assertThat(Agreement.responses(bytes, new FramingRules(), method))
          .as(method + ' ' + show(bytes))
          .isEmpty();
      whole +=
          Reference.responses(text(bytes), Agreement.LIMITS, method).bodies().isEmpty() ? 0 : 1;
    }
    assertThat(whole).isBetween(ROUNDS / 5, ROUNDS * 19 / 20);
  }

  @ParameterizedTest
  @EnumSource(value = PlantedFault.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedFaultIsFound(PlantedFault fault) {
    Random random = new Random(3);
    int rounds = 0;
    while (Agreement.requests(Grammar.requests(random), fault.rules()).isEmpty()) {
      assertThat(++rounds).as("messages without a finding").isLessThan(ROUNDS);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String show(byte[] bytes) {
    return text(bytes).replace("\r", "\\r").replace("\n", "\\n\n");
  }
}
