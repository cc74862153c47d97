package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.TextFormat;
import java.util.Set;

/** Reads {@code envoy.config.core.v3.SubstitutionFormatString}. */
public final class Formats {
  /** Operators that need no formatter to be named: they are always there, as in Envoy. */
  private static final Set<String> BUILT_IN =
      Set.of(
          "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
          "type.googleapis.com/envoy.extensions.formatter.metadata.v3.Metadata",
          "type.googleapis.com/envoy.extensions.formatter.cel.v3.Cel");

  private Formats() {}

  /** The compiled format; {@code content_type} has no meaning where this is called. */
  @SuppressWarnings("deprecation") // text_format, which everyone writes.
  public static TextFormat of(
      SubstitutionFormatString message, String path, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(
        message,
        path,
        Set.of(
            "text_format", "text_format_source", "json_format", "omit_empty_values", "formatters"));
    for (int i = 0; i < message.getFormattersCount(); i++) {
      TypedExtensionConfig formatter = message.getFormatters(i);
      if (!BUILT_IN.contains(formatter.getTypedConfig().getTypeUrl())) {
        throw new FilterConfigException(
            SetFields.at(path, "formatters", i),
            formatter.getTypedConfig().getTypeUrl(),
            "req_without_query, metadata or cel");
      }
    }
    boolean omit = message.getOmitEmptyValues();
    return switch (message.getFormatCase()) {
      case TEXT_FORMAT -> text(message.getTextFormat(), omit, path, "text_format", context);
      case TEXT_FORMAT_SOURCE ->
          text(
              Data.read(message.getTextFormatSource(), SetFields.at(path, "text_format_source"))
                  .toStringUtf8(),
              omit,
              path,
              "text_format_source",
              context);
      case JSON_FORMAT -> {
        try {
          yield context.jsonFormat(message.getJsonFormat(), omit);
        } catch (IllegalArgumentException unsupported) {
          throw refused(unsupported, SetFields.at(path, "json_format"));
        }
      }
      case FORMAT_NOT_SET ->
          throw new FilterConfigException(
              path, "no format", "text_format, text_format_source or json_format");
    };
  }

  private static TextFormat text(
      String pattern, boolean omit, String path, String field, FilterFactoryContext context)
      throws FilterConfigException {
    try {
      return context.textFormat(pattern, omit);
    } catch (IllegalArgumentException unsupported) {
      throw refused(unsupported, SetFields.at(path, field));
    }
  }

  private static FilterConfigException refused(IllegalArgumentException cause, String path) {
    FilterConfigException refused =
        new FilterConfigException(
            path, String.valueOf(cause.getMessage()), "supported command operators");
    refused.initCause(cause);
    return refused;
  }
}
