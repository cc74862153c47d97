package io.heddle.proxy.filters.headertometadata;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Value;
import com.google.re2j.Pattern;
import io.envoyproxy.envoy.extensions.filters.http.header_to_metadata.v3.Config;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.StringMatchers;
import io.heddle.xds.model.RegexReplacement;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * A key of dynamic metadata, and what is put under it ({@code
 * header_to_metadata.v3.Config.KeyValuePair}).
 *
 * @param fixed in the place of what came; empty for that
 */
record Target(
    String namespace,
    String key,
    String fixed,
    Optional<Rewrite> rewrite,
    Config.ValueType type,
    boolean base64) {
  /** The namespace where the configuration names none. */
  static final String NAMESPACE = "envoy.filters.http.header_to_metadata";

  private static final int TOO_LONG = 8 << 10;

  /** Every match of a pattern, replaced. */
  record Rewrite(Pattern pattern, RegexReplacement replacement) {
    static Rewrite of(RegexMatchAndSubstitute message, String path) throws FilterConfigException {
      SetFields.allow(message, path, Set.of("pattern", "substitution"));
      Pattern pattern = StringMatchers.pattern(message.getPattern(), SetFields.at(path, "pattern"));
      RegexReplacement replacement = new RegexReplacement(message.getSubstitution());
      int highest = replacement.highestGroup();
      if (highest < 0 || highest > pattern.groupCount()) {
        throw new FilterConfigException(
            SetFields.at(path, "substitution"),
            message.getSubstitution(),
            "text with \\\\ and \\0 to \\" + Math.min(9, pattern.groupCount()));
      }
      return new Rewrite(pattern, replacement);
    }
  }

  static Target of(Config.KeyValuePair pair, String path) throws FilterConfigException {
    SetFields.allow(
        pair,
        path,
        Set.of("metadata_namespace", "key", "value", "regex_value_rewrite", "type", "encode"));
    if (pair.getKey().isEmpty()) {
      throw new FilterConfigException(SetFields.at(path, "key"), "", "not empty");
    }
    if (!pair.getValue().isEmpty() && pair.hasRegexValueRewrite()) {
      throw new FilterConfigException(path, "both", "value or regex_value_rewrite");
    }
    if (pair.getType() == Config.ValueType.UNRECOGNIZED) {
      throw new FilterConfigException(
          SetFields.at(path, "type"),
          Integer.toString(pair.getTypeValue()),
          "STRING, NUMBER or PROTOBUF_VALUE");
    }
    if (pair.getEncode() == Config.ValueEncode.UNRECOGNIZED) {
      throw new FilterConfigException(
          SetFields.at(path, "encode"), Integer.toString(pair.getEncodeValue()), "NONE or BASE64");
    }
    return new Target(
        pair.getMetadataNamespace().isEmpty() ? NAMESPACE : pair.getMetadataNamespace(),
        pair.getKey(),
        pair.getValue(),
        pair.hasRegexValueRewrite()
            ? Optional.of(
                Rewrite.of(pair.getRegexValueRewrite(), SetFields.at(path, "regex_value_rewrite")))
            : Optional.empty(),
        pair.getType(),
        pair.getEncode() == Config.ValueEncode.BASE64);
  }

  /** Puts a value down, or leaves it where it is not what it should be. */
  void put(String came, DynamicMetadata metadata, Optional<RuleStats> stats) {
    String text = fixed;
    if (text.isEmpty()) {
      text = came;
      if (rewrite.isPresent()) {
        Rewrite with = rewrite.get();
        text = with.replacement().replaceAll(with.pattern(), came);
        if (text.isEmpty() && !came.isEmpty()) {
          stats.ifPresent(count -> count.emptied().increment());
        }
      }
    }
    if (text.isEmpty()) {
      return;
    }
    if (text.length() >= TOO_LONG) {
      stats.ifPresent(count -> count.tooLong().increment());
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (base64) {
      bytes = decoded(bytes);
      if (bytes.length == 0) {
        stats.ifPresent(count -> count.badBase64().increment());
        return;
      }
    }
    value(bytes)
        .ifPresent(value -> {
          metadata.put(namespace, key, value);
          stats.ifPresent(count -> count.added().increment());
        });
  }

  private static byte[] decoded(byte[] bytes) {
    try {
      return Base64.getDecoder().decode(bytes);
    } catch (IllegalArgumentException malformed) {
      return new byte[0];
    }
  }

  private Optional<Value> value(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return switch (type) {
      case STRING -> Optional.of(Value.newBuilder().setStringValue(text).build());
      case NUMBER -> number(text.strip());
      case PROTOBUF_VALUE -> {
        try {
          yield Optional.of(Value.parseFrom(bytes));
        } catch (InvalidProtocolBufferException malformed) {
          yield Optional.empty();
        }
      }
      case UNRECOGNIZED -> throw new IllegalStateException("refused when parsed");
    };
  }

  private static Optional<Value> number(String text) {
    try {
      return Optional.of(Value.newBuilder().setNumberValue(Double.parseDouble(text)).build());
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }
}
