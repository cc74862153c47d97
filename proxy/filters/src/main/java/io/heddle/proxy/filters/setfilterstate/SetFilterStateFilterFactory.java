package io.heddle.proxy.filters.setfilterstate;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue;
import io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.TextFormat;
import io.heddle.proxy.filters.config.Formats;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Puts formatted texts into the filter state ({@code envoy.filters.http.set_filter_state}). Values
 * of routes come after the filter's, those of the least specific level first.
 *
 * <p>As in Envoy an object's key, or its {@code factory_key}, must be the name of a kind of object
 * that is known: here {@code envoy.string} and {@code envoy.hashable_string}.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/set_filter_state">Envoy,
 *     set filter state</a>
 */
public final class SetFilterStateFilterFactory implements HttpFilterFactory {
  private static final Set<String> KINDS = Set.of("envoy.string", "envoy.hashable_string");

  @Override
  public String name() {
    return "envoy.filters.http.set_filter_state";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return Values.of(SetFields.unpack(config, Config.class), context);
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return Values.of(SetFields.unpack(config, Config.class), context);
  }

  /** One object. */
  private record Entry(
      FilterState.Key<String> key, TextFormat format, boolean readOnly, boolean skipEmpty) {
    static Entry of(FilterStateValue message, String path, FilterFactoryContext context)
        throws FilterConfigException {
      SetFields.allow(
          message,
          path,
          // Nothing is shared with internal connections, as there are none.
          Set.of(
              "object_key",
              "factory_key",
              "format_string",
              "read_only",
              "skip_if_empty",
              "shared_with_upstream"));
      if (message.getObjectKey().isEmpty()) {
        throw new FilterConfigException(SetFields.at(path, "object_key"), "", "not empty");
      }
      boolean named = !message.getFactoryKey().isEmpty();
      String kind = named ? message.getFactoryKey() : message.getObjectKey();
      if (!KINDS.contains(kind)) {
        throw new FilterConfigException(
            SetFields.at(path, named ? "factory_key" : "object_key"),
            kind,
            named
                ? "envoy.string or envoy.hashable_string"
                : "envoy.string or envoy.hashable_string, or one of them as the factory_key");
      }
      if (!message.hasFormatString()) {
        throw new FilterConfigException(SetFields.at(path, "format_string"), "not set", "a format");
      }
      return new Entry(
          new FilterState.Key<>(message.getObjectKey(), String.class),
          Formats.of(message.getFormatString(), SetFields.at(path, "format_string"), context),
          message.getReadOnly(),
          message.getSkipIfEmpty());
    }

    void put(HttpFilterContext context) {
      String text = format.format(context);
      if (text.isEmpty() && skipEmpty) {
        return;
      }
      if (readOnly) {
        context.filterState().putFinal(key, text);
      } else {
        context.filterState().put(key, text);
      }
    }
  }

  private record Values(List<Entry> entries) implements HttpFilterConfig, RouteFilterConfig {
    static Values of(Config message, FilterFactoryContext context) throws FilterConfigException {
      SetFields.allow(message, "", Set.of("on_request_headers"));
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < message.getOnRequestHeadersCount(); i++) {
        entries.add(
            Entry.of(
                message.getOnRequestHeaders(i),
                SetFields.at("", "on_request_headers", i),
                context));
      }
      return new Values(List.copyOf(entries));
    }

    void put(HttpFilterContext context) {
      for (int i = 0; i < entries.size(); i++) {
        entries.get(i).put(context);
      }
    }

    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new Filter(this, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS);
    }
  }

  private record Filter(Values configured, HttpFilterContext context) implements HttpFilter {
    @Override
    public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
      configured.put(context);
      for (Values level : context.routeConfigs(Values.class)) {
        level.put(context);
      }
      return HeadersDecision.CONTINUE;
    }
  }
}
