package io.heddle.proxy.engine.discovery;

import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.netty.buffer.ByteBuf;

/**
 * Network and listener filters whose configuration is fetched. Each connection keeps the one that
 * it began with; where there is none yet it is closed, as Envoy does.
 */
public final class DiscoveredConnectionFilters {
  private DiscoveredConnectionFilters() {}

  /** A network filter of this place, which is closed with its chain. */
  public record Network(Place<NetworkFilterConfig> place)
      implements NetworkFilterConfig, AutoCloseable {
    @Override
    public NetworkFilter newFilter(NetworkFilter.Connection connection) {
      Place.Version<NetworkFilterConfig> version = place.use();
      if (version == null) {
        return new NetworkFilter() {
          @Override
          public NetworkDecision onConnected() {
            return NetworkDecision.CLOSE;
          }
        };
      }
      try {
        return version.config().newFilter(connection);
      } finally {
        version.done();
      }
    }

    @Override
    public void close() {
      place.close();
    }
  }

  /** A listener filter of this place, which is closed with its listener. */
  public record Listener(Place<ListenerFilterConfig> place)
      implements ListenerFilterConfig, AutoCloseable {
    @Override
    public ListenerFilter newFilter() {
      Place.Version<ListenerFilterConfig> version = place.use();
      if (version == null) {
        return Closing.CLOSING;
      }
      try {
        return version.config().newFilter();
      } finally {
        version.done();
      }
    }

    @Override
    public void close() {
      place.close();
    }
  }

  private enum Closing implements ListenerFilter {
    CLOSING;

    @Override
    public int bytesNeeded() {
      return 0;
    }

    @Override
    public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
      return new PeekDecision.Close("filter_config_not_found");
    }
  }
}
