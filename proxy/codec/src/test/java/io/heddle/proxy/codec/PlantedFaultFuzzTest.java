package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Looks for the fault that {@code heddle.fuzz.planted} names; {@code tests/fuzz/run} expects this
 * to fail. Starts from nothing: the fuzzer's bytes are the choices that {@link Grammar} makes.
 */
@EnabledIfSystemProperty(named = "heddle.fuzz.planted", matches = ".+")
final class PlantedFaultFuzzTest {
  @FuzzTest(maxDuration = "300s")
  void findsTheFault(byte[] choices) {
    byte[] bytes = Grammar.requests(new Choices(choices));
    assertThat(Agreement.requests(bytes, PlantedFault.chosen().rules())).isEmpty();
  }

  /** Bytes in place of random numbers, one a choice; zeros once they are used up. */
  private static final class Choices implements RandomGenerator {
    private final byte[] bytes;
    private int next;

    Choices(byte[] bytes) {
      this.bytes = bytes;
    }

    private int take() {
      return next < bytes.length ? bytes[next++] & 0xff : 0;
    }

    @Override
    public int nextInt(int bound) {
      return take() % bound;
    }

    @Override
    public boolean nextBoolean() {
      return (take() & 1) != 0;
    }

    @Override
    public long nextLong() {
      return take();
    }
  }
}
