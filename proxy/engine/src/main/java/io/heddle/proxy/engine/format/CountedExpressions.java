package io.heddle.proxy.engine.format;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.Attributes;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.engine.stats.ScalarStat;
import java.util.Optional;
import java.util.Set;

/**
 * A language whose expressions may ask for nothing that is not known here, and are counted where
 * they have no value.
 */
public final class CountedExpressions implements ExpressionLanguage {
  private final ExpressionLanguage language;
  private final ScalarStat failed;

  /** Over this language. */
  public CountedExpressions(ExpressionLanguage language, ScalarStat failed) {
    this.language = language;
    this.failed = failed;
  }

  @Override
  public Expression compile(String text) {
    return counted(language.compile(text));
  }

  @Override
  public Expression compileParsed(ByteString parsed) {
    return counted(language.compileParsed(parsed));
  }

  private Expression counted(Expression expression) {
    for (String attribute : expression.attributes()) {
      if (SubjectAttributes.UNKNOWN.contains(attribute)
          || attribute.startsWith(SubjectAttributes.UNKNOWN_ROOT)) {
        throw new IllegalArgumentException("attribute " + attribute + " is not supported");
      }
    }
    return new Counted(expression, failed);
  }

  private record Counted(Expression expression, ScalarStat failed) implements Expression {
    @Override
    public Optional<Object> evaluate(Attributes attributes) {
      Optional<Object> value = expression.evaluate(attributes);
      if (value.isEmpty()) {
        failed.increment();
      }
      return value;
    }

    @Override
    public Set<String> attributes() {
      return expression.attributes();
    }
  }
}
