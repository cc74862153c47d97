package io.heddle.proxy.engine.format;

import io.heddle.proxy.api.Expression;
import java.util.Optional;

/** Expressions over what is known of a {@link Subject}. */
public final class Expressions {
  private Expressions() {}

  /** The value for this subject; on its event loop. */
  static Optional<Object> value(Expression expression, Subject subject) {
    return expression.evaluate(new SubjectAttributes(subject));
  }

  /** Whether its value for this subject is true; on its event loop. */
  public static boolean holds(Expression expression, Subject subject) {
    return value(expression, subject).filter(Boolean.TRUE::equals).isPresent();
  }
}
