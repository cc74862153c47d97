package io.heddle.proxy.engine.exchange;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.TextFormat;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.StructValue;

/** Formats for extensions, which render the exchanges of this engine. */
public final class ExchangeFormats {
  private ExchangeFormats() {}

  /** What formats and expressions ask of an exchange of this engine. */
  public static Subject subject(HttpFilterContext exchange) {
    return FilterStage.subject(exchange);
  }

  /** Text with command operators. */
  public static TextFormat text(String pattern, boolean omitEmpty, ExpressionLanguage language) {
    Format format = Format.text(pattern, omitEmpty, language);
    return exchange -> FilterStage.render(format, exchange);
  }

  /** A JSON object with command operators, and a line's end after it. */
  public static TextFormat json(Struct fields, boolean omitEmpty, ExpressionLanguage language) {
    Format format = Format.json(StructValue.of(fields), omitEmpty, language);
    return exchange -> FilterStage.render(format, exchange);
  }
}
