package io.heddle.proxy.filters.descriptors;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.filters.config.HeaderMatcher;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import java.util.List;
import java.util.Optional;

/** Makes one entry of a descriptor ({@code envoy.config.route.v3.RateLimit.Action}). */
sealed interface Action {
  /** Adds the entry, or nothing where it is to be skipped; false where there is no descriptor. */
  boolean describe(HttpFilterContext exchange, List<Entry> into);

  /** The same for all requests: {@code generic_key}, {@code source_cluster}. */
  record Fixed(Entry entry) implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      into.add(entry);
      return true;
    }
  }

  record DestinationCluster() implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      into.add(
          new Entry(
              "destination_cluster", exchange.route().flatMap(RouteView::cluster).orElse("")));
      return true;
    }
  }

  record RequestHeader(HeaderName name, String key, boolean skipIfAbsent) implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      Optional<String> value = exchange.requestHeaders().first(name);
      value.ifPresent(text -> into.add(new Entry(key, text)));
      return value.isPresent() || skipIfAbsent;
    }
  }

  record QueryParameter(String name, String key, boolean skipIfAbsent) implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      Optional<String> value = Query.first(exchange.requestHeaders().path(), name);
      value.ifPresent(text -> into.add(new Entry(key, text)));
      return value.isPresent() || skipIfAbsent;
    }
  }

  record RemoteAddress() implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      into.add(new Entry("remote_address", AddressText.of(exchange.connection().remoteAddress())));
      return true;
    }
  }

  record MaskedRemoteAddress(int v4Bits, int v6Bits) implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      String text = AddressText.masked(exchange.connection().remoteAddress(), v4Bits, v6Bits);
      if (text.isEmpty()) {
        return false;
      }
      into.add(new Entry("masked_remote_address", text));
      return true;
    }
  }

  record HeaderValueMatch(Entry entry, boolean expected, List<HeaderMatcher> headers)
      implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      boolean all = true;
      for (int i = 0; all && i < headers.size(); i++) {
        all = headers.get(i).matches(exchange.requestHeaders());
      }
      if (all == expected) {
        into.add(entry);
      }
      return all == expected;
    }
  }

  record QueryParameterValueMatch(Entry entry, boolean expected, List<Query.Matcher> parameters)
      implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      String path = exchange.requestHeaders().path();
      boolean all = true;
      for (int i = 0; all && i < parameters.size(); i++) {
        all = parameters.get(i).matches(path);
      }
      if (all == expected) {
        into.add(entry);
      }
      return all == expected;
    }
  }

  /** Where the text is not there, or empty, {@code byDefault} stands for it unless empty itself. */
  record Metadata(
      String key, MetadataPath path, boolean ofRoute, String byDefault, boolean skipIfAbsent)
      implements Action {
    @Override
    public boolean describe(HttpFilterContext exchange, List<Entry> into) {
      String found =
          ofRoute
              ? exchange
                  .route()
                  .flatMap(route -> route.metadata(path.namespace(), path.path()))
                  .orElse("")
              : path.find(exchange.dynamicMetadata()).map(Value::getStringValue).orElse("");
      String text = found.isEmpty() ? byDefault : found;
      if (text.isEmpty()) {
        return skipIfAbsent;
      }
      into.add(new Entry(key, text));
      return true;
    }
  }
}
