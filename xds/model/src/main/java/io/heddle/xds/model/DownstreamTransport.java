package io.heddle.xds.model;

import java.util.List;

/** What carries the bytes of a client's connection. */
public sealed interface DownstreamTransport {
  /** The socket itself. */
  enum Raw implements DownstreamTransport {
    RAW
  }

  /** TLS. */
  record Tls(DownstreamTlsConfig config) implements DownstreamTransport {}

  /** The secrets that it needs. */
  default List<SecretRef> secrets() {
    return switch (this) {
      case Raw _ -> List.of();
      case Tls tls -> tls.config().secrets();
    };
  }
}
