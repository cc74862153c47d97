package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.filters.config.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Headers that the service wants added. What is no header, or belongs to the proxy, is left out: an
 * answer of the service must not break a message.
 */
final class ServiceHeaders {
  private ServiceHeaders() {}

  /** One of them. */
  record Header(HeaderName name, String value) {}

  static List<Header> of(List<HeaderValue> headers) {
    if (headers.isEmpty()) {
      return List.of();
    }
    List<Header> read = new ArrayList<>(headers.size());
    for (HeaderValue header : headers) {
      String value =
          header.getValue().isEmpty()
              ? header.getRawValue().toString(StandardCharsets.ISO_8859_1)
              : header.getValue();
      try {
        HeaderName name = HeaderNames.changeable(header.getKey(), "");
        if (!HeaderNames.special(name) && isFieldValue(value)) {
          read.add(new Header(name, value));
        }
      } catch (FilterConfigException notAHeader) {
        // Left out.
      }
    }
    return read;
  }

  /** Whether a value may stand in a field (RFC 9110, 5.5), in the bytes of Latin-1. */
  static boolean isFieldValue(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 127 || c > 255) {
        return false;
      }
    }
    return true;
  }

  static void addAll(List<Header> headers, HeaderMap to) {
    for (int i = 0; i < headers.size(); i++) {
      to.add(headers.get(i).name(), headers.get(i).value());
    }
  }
}
