package io.heddle.proxy.api;

import com.google.protobuf.ByteString;

/**
 * Compiles expressions of configurations: CEL, where the proxy has it. Safe on every thread; not
 * for event loops.
 *
 * @see <a href="https://github.com/google/cel-spec">Common Expression Language</a>
 */
public interface ExpressionLanguage {
  /** Refuses everything. */
  ExpressionLanguage NONE =
      new ExpressionLanguage() {
        @Override
        public Expression compile(String text) {
          throw new IllegalArgumentException("no expressions here");
        }

        @Override
        public Expression compileParsed(ByteString parsed) {
          throw new IllegalArgumentException("no expressions here");
        }
      };

  /**
   * Compiles a text.
   *
   * @throws IllegalArgumentException says what is wrong with it
   */
  Expression compile(String text);

  /**
   * Compiles what someone else has parsed.
   *
   * @param parsed a {@code cel.expr.ParsedExpr} message, or one of the same form
   * @throws IllegalArgumentException says what is wrong with it
   */
  Expression compileParsed(ByteString parsed);
}
