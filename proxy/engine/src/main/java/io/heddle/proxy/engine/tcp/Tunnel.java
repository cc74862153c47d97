package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.HeaderEdits;
import io.heddle.xds.model.TunnelConfig;
import java.util.List;

/** The requests that carry a TCP proxy's connections, compiled. Immutable. */
final class Tunnel {
  private final Format hostname;
  private final String postPath;
  private final HeaderEdits headers;

  /**
   * Compiles what was checked before.
   *
   * @throws IllegalArgumentException names a format operator that is not supported
   */
  Tunnel(TunnelConfig config) {
    hostname = Format.text(config.hostname(), true);
    postPath = config.postPath();
    headers = HeaderEdits.of(List.of(config.headers()));
  }

  /**
   * Makes the request of this connection.
   *
   * @throws IllegalArgumentException where what the operators say is no host
   */
  void request(RequestHead head, Subject connection) {
    head.method(postPath.isEmpty() ? "CONNECT" : "POST");
    if (!postPath.isEmpty()) {
      head.path(postPath);
    }
    head.authority(hostname.render(connection));
    headers.apply(head, connection);
  }
}
