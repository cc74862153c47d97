package io.heddle.proxy.api;

import java.util.Optional;

/** The route chosen for an exchange. */
public interface RouteView {
  /** The route's name; empty where it has none. */
  String name();

  /** The virtual host's name. */
  String virtualHost();

  /** The cluster, once chosen; empty for redirects and direct responses. */
  Optional<String> cluster();
}
