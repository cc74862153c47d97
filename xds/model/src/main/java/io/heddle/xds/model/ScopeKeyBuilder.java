package io.heddle.xds.model;

import java.util.List;

/**
 * How a request's scope is found ({@code
 * envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder}): a
 * fragment from each builder in order. Where one finds nothing the request has no scope.
 */
public record ScopeKeyBuilder(List<HeaderFragment> fragments) {
  public ScopeKeyBuilder {
    fragments = List.copyOf(fragments);
  }

  /**
   * Takes a fragment from the first value of a header.
   *
   * @param header in lower case
   * @param elementSeparator what stands between the value's elements; empty takes it as one
   */
  public record HeaderFragment(String header, String elementSeparator, Element element) {}

  /** Which element of the value is the fragment. */
  public sealed interface Element {
    /** The one at this place, from 0. */
    record At(int index) implements Element {}

    /** What follows the separator in the first element whose part before it is {@code key}. */
    record Keyed(String separator, String key) implements Element {}
  }
}
