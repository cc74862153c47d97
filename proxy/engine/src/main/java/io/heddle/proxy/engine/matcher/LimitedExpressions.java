package io.heddle.proxy.engine.matcher;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;
import java.util.function.Predicate;

/**
 * A language whose expressions may ask only for what is known at that time.
 *
 * @param known whether an attribute is, by its whole name
 */
public record LimitedExpressions(ExpressionLanguage language, Predicate<String> known)
    implements ExpressionLanguage {
  @Override
  public Expression compile(String text) {
    return limited(language.compile(text));
  }

  @Override
  public Expression compileParsed(ByteString parsed) {
    return limited(language.compileParsed(parsed));
  }

  private Expression limited(Expression compiled) {
    for (String attribute : compiled.attributes()) {
      if (!known.test(attribute)) {
        throw new IllegalArgumentException("attribute " + attribute + " is not known yet");
      }
    }
    return compiled;
  }
}
