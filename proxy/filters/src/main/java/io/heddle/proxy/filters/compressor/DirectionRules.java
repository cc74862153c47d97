package io.heddle.proxy.filters.compressor;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which messages of one direction are worth compressing.
 *
 * @param flag whether any are
 * @param minLength bytes of {@code content-length}; a message without one passes
 * @param contentTypes lower-cased, without parameters
 */
record DirectionRules(RuntimeFlag flag, long minLength, Set<String> contentTypes) {
  static final DirectionRules OFF = new DirectionRules(RuntimeFlag.fixed(false), 0, Set.of());

  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final HeaderName CACHE_CONTROL = HeaderName.of("cache-control");
  private static final long DEFAULT_LENGTH = 30;

  /** Envoy's list with the synonyms that are in use. */
  private static final List<String> DEFAULT_TYPES =
      List.of(
          "application/ecmascript",
          "application/javascript",
          "application/json",
          "application/x-javascript",
          "application/x-json",
          "application/xhtml+xml",
          "image/svg+xml",
          "text/css",
          "text/ecmascript",
          "text/html",
          "text/javascript",
          "text/json",
          "text/plain",
          "text/x-javascript",
          "text/x-json",
          "text/xml");

  DirectionRules {
    contentTypes = Set.copyOf(contentTypes);
  }

  static DirectionRules of(CommonDirectionConfig message, String path, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(message, path, Set.of("enabled", "min_content_length", "content_type"));
    return of(
        message.hasEnabled()
            ? RuntimeFlag.of(message.getEnabled(), path + ".enabled", runtime)
            : RuntimeFlag.fixed(true),
        message.hasMinContentLength(),
        message.getMinContentLength(),
        message.getContentTypeList());
  }

  static DirectionRules of(
      RuntimeFlag enabled, boolean set, UInt32Value length, List<String> types) {
    Set<String> lower = new HashSet<>();
    for (String type : types.isEmpty() ? DEFAULT_TYPES : types) {
      lower.add(type.toLowerCase(Locale.ROOT));
    }
    return new DirectionRules(
        enabled, set ? Integer.toUnsignedLong(length.getValue()) : DEFAULT_LENGTH, lower);
  }

  /** Whether the direction is switched on now. */
  boolean enabled() {
    return flag.on();
  }

  boolean longEnough(HeaderMap headers) {
    String length = headers.first(CONTENT_LENGTH).orElse("");
    if (length.isEmpty()) {
      return true;
    }
    try {
      return Long.parseLong(length) >= minLength;
    } catch (NumberFormatException beyond) {
      return true;
    }
  }

  boolean typeFits(HeaderMap headers) {
    String type = headers.first(CONTENT_TYPE).orElse("");
    if (type.isEmpty()) {
      return true;
    }
    int end = type.indexOf(';');
    String bare = (end < 0 ? type : type.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    return contentTypes.contains(bare);
  }

  static boolean plain(HeaderMap headers) {
    return !headers.contains(CONTENT_ENCODING) && !noTransform(headers);
  }

  private static boolean noTransform(HeaderMap headers) {
    if (headers.contains(CACHE_CONTROL)) {
      for (String line : headers.all(CACHE_CONTROL)) {
        if (line.toLowerCase(Locale.ROOT).contains("no-transform")) {
          return true;
        }
      }
    }
    return false;
  }
}
