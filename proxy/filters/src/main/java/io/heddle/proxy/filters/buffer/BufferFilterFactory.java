package io.heddle.proxy.filters.buffer;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Buffers requests ({@code envoy.filters.http.buffer}); one that is longer gets 413.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/buffer_filter">Envoy,
 *     buffer</a>
 */
public final class BufferFilterFactory implements HttpFilterFactory {
  private static final String PREFIX =
      "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.buffer";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "Buffer", PREFIX + "BufferPerRoute");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(BufferLimit.of(SetFields.unpack(config, Buffer.class), ""));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    BufferPerRoute message =
        SetFields.unpack(config, BufferPerRoute.class, Set.of("disabled", "buffer"));
    return switch (message.getOverrideCase()) {
      case DISABLED -> {
        if (!message.getDisabled()) {
          throw new FilterConfigException("disabled", "false", "true, or a buffer");
        }
        yield BufferLimit.DISABLED;
      }
      case BUFFER -> BufferLimit.of(message.getBuffer(), "buffer");
      case OVERRIDE_NOT_SET ->
          throw new FilterConfigException("override", "not set", "disabled or buffer");
    };
  }

  private record Config(BufferLimit limit) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new BufferFilter(limit, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.REQUEST_BODY);
    }
  }
}
