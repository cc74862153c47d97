package io.heddle.proxy.filters.buffer;

import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * How much of a request is held.
 *
 * @param enabled whether anything is held at all
 * @param maxBytes 1 to 256 MiB
 */
record BufferLimit(boolean enabled, int maxBytes) implements RouteFilterConfig {
  static final BufferLimit DISABLED = new BufferLimit(false, 1);

  private static final int MAX = 256 << 20;

  static BufferLimit of(Buffer message, String path) throws FilterConfigException {
    SetFields.allow(message, path, Set.of("max_request_bytes"));
    long bytes = Integer.toUnsignedLong(message.getMaxRequestBytes().getValue());
    if (bytes == 0 || bytes > MAX) {
      throw new FilterConfigException(
          SetFields.at(path, "max_request_bytes"), Long.toString(bytes), "1 to " + MAX);
    }
    return new BufferLimit(true, (int) bytes);
  }
}
