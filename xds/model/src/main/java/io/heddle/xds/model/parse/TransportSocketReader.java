package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.heddle.xds.model.DownstreamTransport;

/** Reads what carries the bytes of a client's connection. */
final class TransportSocketReader {

  static final String RAW_BUFFER = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
  private static final String DOWNSTREAM_TLS =
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

  private TransportSocketReader() {}

  static void unknown(Any any, Path path, String expected, Findings findings) {
    String url = any.getTypeUrl();
    findings.error(
        path, url.isEmpty() ? "no type" : url, expected + ", as others are not supported");
  }

  /** The transport of a filter chain; its field is {@code transport_socket} of {@code path}. */
  static DownstreamTransport downstream(
      boolean set, TransportSocket socket, Path path, Findings findings) {
    if (!set) {
      return DownstreamTransport.Raw.RAW;
    }
    Path here = path.field("transport_socket").field("typed_config");
    Any any = socket.getTypedConfig();
    switch (ExtensionReader.typeName(any)) {
      case RAW_BUFFER -> findings.unpack(any, RAW_BUFFER, RawBuffer.parser(), here);
      case DOWNSTREAM_TLS -> {
        return findings
            .unpack(any, DOWNSTREAM_TLS, DownstreamTlsContext.parser(), here)
            .<DownstreamTransport>map(
                tls -> new DownstreamTransport.Tls(new TlsReader(findings).downstream(tls, here)))
            .orElse(DownstreamTransport.Raw.RAW);
      }
      default -> unknown(any, here, RAW_BUFFER + " or " + DOWNSTREAM_TLS, findings);
    }
    return DownstreamTransport.Raw.RAW;
  }
}
