package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;

/** Accepts clear text and refuses any other transport socket. */
final class TransportSocketReader {

  private static final String RAW_BUFFER =
      "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

  private TransportSocketReader() {}

  static void check(boolean set, TransportSocket socket, Path path, Findings findings) {
    if (!set) {
      return;
    }
    Path here = path.field("transport_socket").field("typed_config");
    if (ExtensionReader.typeName(socket.getTypedConfig()).equals(RAW_BUFFER)) {
      findings.unpack(socket.getTypedConfig(), RAW_BUFFER, RawBuffer.parser(), here);
      return;
    }
    String url = socket.getTypedConfig().getTypeUrl();
    findings.error(
        here,
        url.isEmpty() ? "no type" : url,
        "no transport socket or " + RAW_BUFFER + ", as others are not supported");
  }
}
