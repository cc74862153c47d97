package io.heddle.xds.model;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What upstream connections are bound to before they are made ({@code
 * envoy.config.core.v3.BindConfig}).
 *
 * @param sources IP addresses, the preferred ones first; the first of the host's family is taken. A
 *     port of 0 leaves the choice to the system
 * @param options set on each socket, in order
 */
public record BindConfig(List<SocketEndpoint> sources, List<SocketOption> options) {
  public BindConfig {
    sources = List.copyOf(sources);
    options = List.copyOf(options);
  }

  /**
   * An option of a socket, as {@code setsockopt} takes it.
   *
   * @param value the option's bytes, in the order of this machine
   */
  public record SocketOption(int level, int name, ByteString value) {}
}
