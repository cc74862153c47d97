package io.heddle.proxy.engine;

import io.heddle.xds.model.ExtensionConfig;
import java.time.Duration;
import java.util.List;

/**
 * What plugins add to a listener, beside the filters that its configuration names.
 *
 * @param listenerFilters run in order on the first bytes of a connection, before any other filter
 * @param listenerFiltersTimeout until all of them are done; the connection is closed after it; zero
 *     means for ever
 * @param accessLoggers called at the end of each exchange of its connection manager
 */
public record ListenerExtensions(
    List<ExtensionConfig> listenerFilters,
    Duration listenerFiltersTimeout,
    List<ExtensionConfig> accessLoggers) {
  /** Nothing. */
  public static final ListenerExtensions NONE =
      new ListenerExtensions(List.of(), Duration.ofSeconds(15), List.of());

  /** Copies the lists. */
  public ListenerExtensions {
    listenerFilters = List.copyOf(listenerFilters);
    accessLoggers = List.copyOf(accessLoggers);
  }
}
