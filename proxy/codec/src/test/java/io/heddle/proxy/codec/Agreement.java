package io.heddle.proxy.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * What must hold for any bytes at all: the parser does not throw, gives back what it leased, says
 * the same however the bytes are cut, and sees the messages that the {@link Reference} sees.
 */
final class Agreement {
  /** Small, so that limits are met. */
  static final Limits LIMITS = new Limits(1024, 12, 256, 32, 256, 4, 3);

  private Agreement() {}

  /**
   * What is wrong with what a request parser of these rules makes of the bytes; empty if nothing.
   */
  static String requests(byte[] bytes, FramingRules rules) {
    Wire wire = Wire.of(bytes);
    Wire.Transcript whole = wire.requests(LIMITS, rules, wire.whole());
    Random random = new Random(bytes.length);
    for (int i = 0; i < 4; i++) {
      int[] cuts = i == 0 ? wire.single() : wire.random(random);
      Wire.Transcript cut = wire.requests(LIMITS, rules, cuts);
      if (!cut.equals(whole)) {
        return "cut " + Arrays.toString(cuts) + ":\n" + cut + "\nwhole:\n" + whole;
      }
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return compare(whole, Reference.requests(text, LIMITS));
  }

  /** The same for responses to a few requests of one method. */
  static String responses(byte[] bytes, FramingRules rules, String method) {
    Wire wire = Wire.of(bytes);
    String[] methods = new String[64];
    Arrays.fill(methods, method);
    Wire.Transcript whole = wire.responses(LIMITS, rules, wire.whole(), false, methods);
    Random random = new Random(bytes.length);
    for (int i = 0; i < 4; i++) {
      int[] cuts = i == 0 ? wire.single() : wire.random(random);
      Wire.Transcript cut = wire.responses(LIMITS, rules, cuts, false, methods);
      if (!cut.equals(whole)) {
        return "cut " + Arrays.toString(cuts) + ":\n" + cut + "\nwhole:\n" + whole;
      }
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return compare(whole, Reference.responses(text, LIMITS, method));
  }

  private static String compare(Wire.Transcript fast, Reference.Verdict slow) {
    // The connection's end is judged by the tables; the reference only sees messages.
    boolean refused = !fast.error().isEmpty() && !fast.error().equals("TRUNCATED");
    if (!fast.bodies().equals(slow.bodies())) {
      return "bodies expected: " + slow.bodies() + '\n' + fast;
    }
    return switch (slow.end()) {
      case CLEAN -> refused || fast.open() ? "must be clean:\n" + fast : "";
      case REFUSED -> refused ? "" : "must be refused:\n" + fast;
      // A refusal may come before the reference has a whole line or head to judge.
      case INCOMPLETE ->
          refused || !fast.open() || fast.partial().equals(slow.partial())
              ? ""
              : "partial body expected: \"" + slow.partial() + "\"\n" + fast;
    };
  }
}
