package io.heddle.xds.model;

import com.google.protobuf.ByteString;
import java.util.List;

/** What carries the bytes of a connection to a host. */
public sealed interface HostTransport {
  /** The socket itself. */
  enum Raw implements HostTransport {
    RAW
  }

  /** TLS. */
  record Tls(UpstreamTlsConfig config) implements HostTransport {}

  /**
   * A PROXY header that tells the client's addresses, before everything else ({@code
   * envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport}).
   *
   * @param version 1 or 2
   * @param added what version 2 says besides addresses
   * @param inner raw, or TLS that begins after the header
   */
  record ProxyHeader(int version, List<Tlv> added, HostTransport inner) implements HostTransport {
    public ProxyHeader {
      added = List.copyOf(added);
    }
  }

  /** A typed value of a PROXY header; {@code type} is 0 to 255. */
  record Tlv(int type, ByteString value) {}

  /** The secrets that it needs. */
  default List<SecretRef> secrets() {
    return switch (this) {
      case Raw _ -> List.of();
      case Tls tls -> tls.config().common().secrets();
      case ProxyHeader header -> header.inner().secrets();
    };
  }
}
