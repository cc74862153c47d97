package io.heddle.proxy.engine;

import io.heddle.xds.model.ConfigError;
import java.net.InetSocketAddress;
import java.util.List;

/** What came of applying a listener. */
public sealed interface ListenerResult {
  /** It serves; {@code address} has the true port. */
  record Serving(InetSocketAddress address) implements ListenerResult {}

  /** It is known but bound to no port ({@code bind_to_port: false}). */
  record Unbound() implements ListenerResult {}

  /** Its configuration was refused; what was there before serves on. */
  record Refused(List<ConfigError> errors) implements ListenerResult {
    /** Copies. */
    public Refused {
      errors = List.copyOf(errors);
    }
  }

  /** The address could not be bound; {@code message} names address and reason. */
  record BindFailed(String message) implements ListenerResult {}
}
