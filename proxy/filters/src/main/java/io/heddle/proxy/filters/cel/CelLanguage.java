package io.heddle.proxy.filters.cel;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;

/**
 * Compiles CEL with what Envoy has of it: no comprehensions, no conversions to text, and nothing
 * that joins texts or lists. The library is loaded with the first expression, which most proxies
 * never see: nothing here may name a class of it.
 */
public final class CelLanguage implements ExpressionLanguage {
  /** Characters of a text. */
  static final int LONGEST = 4096;

  /** Bytes of a parsed expression. */
  static final int LARGEST = 64 << 10;

  @Override
  public Expression compile(String text) {
    if (text.isEmpty() || text.length() > LONGEST) {
      throw new IllegalArgumentException(
          "expression of " + text.length() + " characters (expected: 1 to " + LONGEST + ")");
    }
    try {
      return CelLibrary.compile(text);
    } catch (StackOverflowError | LinkageError fault) {
      throw new IllegalArgumentException("expression that cannot be compiled: " + fault, fault);
    }
  }

  @Override
  public Expression compileParsed(ByteString parsed) {
    if (parsed.size() > LARGEST) {
      throw new IllegalArgumentException(
          "parsed expression of " + parsed.size() + " bytes (expected: at most " + LARGEST + ")");
    }
    try {
      return CelLibrary.compileParsed(parsed);
    } catch (StackOverflowError | LinkageError fault) {
      throw new IllegalArgumentException("expression that cannot be compiled: " + fault, fault);
    }
  }
}
