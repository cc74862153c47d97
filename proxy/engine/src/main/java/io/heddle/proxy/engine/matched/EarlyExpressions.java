package io.heddle.proxy.engine.matched;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;

/** Refuses expressions over what is not known before there is an upstream or a response. */
record EarlyExpressions(ExpressionLanguage language) implements ExpressionLanguage {
  @Override
  public Expression compile(String text) {
    return early(language.compile(text));
  }

  @Override
  public Expression compileParsed(ByteString parsed) {
    return early(language.compileParsed(parsed));
  }

  private static Expression early(Expression compiled) {
    for (String attribute : compiled.attributes()) {
      String root = attribute.split("\\.", 2)[0];
      if (root.equals("response") || root.equals("upstream")) {
        throw new IllegalArgumentException(attribute);
      }
    }
    return compiled;
  }
}
