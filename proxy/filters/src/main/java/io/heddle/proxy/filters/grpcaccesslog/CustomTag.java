package io.heddle.proxy.filters.grpcaccesslog;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A tag of a log's entries ({@code envoy.type.tracing.v3.CustomTag}). */
record CustomTag(String tag, Source source) {
  /** Where its value comes from. */
  sealed interface Source {
    /** Known beforehand: a literal, or the environment's. */
    record Text(String value) implements Source {}

    /** A request header. */
    record Header(HeaderName name, String otherwise) implements Source {}

    /** Metadata that filters have left. */
    record Metadata(String namespace, List<String> path, String otherwise) implements Source {}
  }

  static List<CustomTag> of(List<io.envoyproxy.envoy.type.tracing.v3.CustomTag> tags, String path)
      throws FilterConfigException {
    List<CustomTag> read = new ArrayList<>();
    for (int i = 0; i < tags.size(); i++) {
      read.add(of(tags.get(i), path + '[' + i + ']'));
    }
    return read;
  }

  private static CustomTag of(io.envoyproxy.envoy.type.tracing.v3.CustomTag message, String path)
      throws FilterConfigException {
    SetFields.allow(
        message, path, Set.of("tag", "literal", "environment", "request_header", "metadata"));
    if (message.getTag().isEmpty()) {
      throw new FilterConfigException(path + ".tag", "", "not empty");
    }
    Source source =
        switch (message.getTypeCase()) {
          case LITERAL -> new Source.Text(message.getLiteral().getValue());
          case ENVIRONMENT -> {
            String value = System.getenv(message.getEnvironment().getName());
            yield new Source.Text(
                value == null ? message.getEnvironment().getDefaultValue() : value);
          }
          case REQUEST_HEADER ->
              new Source.Header(
                  HeaderNames.of(
                      message.getRequestHeader().getName(), path + ".request_header.name"),
                  message.getRequestHeader().getDefaultValue());
          case METADATA -> {
            if (!message.getMetadata().getKind().hasRequest()) {
              throw new FilterConfigException(
                  path + ".metadata.kind",
                  message.getMetadata().getKind().getKindCase().toString(),
                  "request");
            }
            MetadataKey key = message.getMetadata().getMetadataKey();
            List<String> steps = new ArrayList<>();
            key.getPathList().forEach(segment -> steps.add(segment.getKey()));
            yield new Source.Metadata(
                key.getKey(), List.copyOf(steps), message.getMetadata().getDefaultValue());
          }
          default ->
              throw new FilterConfigException(
                  path, "no value", "literal, environment, request_header or metadata");
        };
    return new CustomTag(message.getTag(), source);
  }

  /** Its value; empty where it has none. */
  String value(Optional<? extends HeaderMap> headers, DynamicMetadata metadata) {
    return switch (source) {
      case Source.Text(String value) -> value;
      case Source.Header(HeaderName name, String otherwise) ->
          headers.flatMap(h -> h.first(name)).orElse(otherwise);
      case Source.Metadata(String namespace, List<String> path, String otherwise) -> {
        Value at =
            metadata
                .get(namespace)
                .map(struct -> Value.newBuilder().setStructValue(struct).build())
                .orElse(Value.getDefaultInstance());
        for (String step : path) {
          Struct fields = at.getStructValue();
          at = fields.getFieldsOrDefault(step, Value.getDefaultInstance());
        }
        yield switch (at.getKindCase()) {
          case STRING_VALUE -> at.getStringValue();
          case BOOL_VALUE -> Boolean.toString(at.getBoolValue());
          case NUMBER_VALUE -> number(at.getNumberValue());
          default -> otherwise;
        };
      }
    };
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
