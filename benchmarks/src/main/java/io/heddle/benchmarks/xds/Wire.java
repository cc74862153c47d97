package io.heddle.benchmarks.xds;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.heddle.xds.model.ResourceType;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;

/** The bytes that a simulated proxy sends: HTTP/2 frames by hand, requests by protobuf. */
final class Wire {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int ACK = 1;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int INITIAL_WINDOW_SIZE = 4;
  static final int DEFAULT_WINDOW = 65_535;
  static final int FRAME_HEAD = 9;
  static final int LARGEST_FRAME = 16_384;

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);

  private Wire() {}

  /** Preface, the widest windows, and the head of one call. */
  static void open(ByteBuf out, String method) {
    out.writeBytes(PREFACE);
    frame(out, 6, SETTINGS, 0, 0);
    out.writeShort(INITIAL_WINDOW_SIZE).writeInt(Integer.MAX_VALUE);
    window(out, 0, Integer.MAX_VALUE - DEFAULT_WINDOW);
    int start = out.writerIndex();
    frame(out, 0, HEADERS, END_HEADERS, 1);
    out.writeByte(0x83); // :method POST
    out.writeByte(0x86); // :scheme http
    out.writeByte(0x04); // :path
    string(out, "/" + method);
    out.writeByte(0x01); // :authority
    string(out, "xds");
    out.writeByte(0x0f).writeByte(0x10); // content-type
    string(out, "application/grpc");
    out.writeByte(0x00);
    string(out, "te");
    string(out, "trailers");
    out.setMedium(start, out.writerIndex() - start - FRAME_HEAD);
  }

  private static void string(ByteBuf out, String text) {
    if (text.length() > 126) {
      throw new IllegalArgumentException(text.length() + " characters (expected: at most 126)");
    }
    out.writeByte(text.length());
    out.writeCharSequence(text, ISO_8859_1);
  }

  static void frame(ByteBuf out, int length, int type, int flags, int stream) {
    out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
  }

  static void window(ByteBuf out, int stream, int increment) {
    frame(out, 4, WINDOW_UPDATE, 0, stream);
    out.writeInt(increment);
  }

  /** The first request of a type: who asks, what for, and what it holds already. */
  static byte[] subscribe(
      boolean delta,
      ResourceType type,
      Node node,
      Collection<String> names,
      Map<String, String> held) {
    if (delta) {
      return DeltaDiscoveryRequest.newBuilder()
          .setNode(node)
          .setTypeUrl(type.typeUrl())
          .addAllResourceNamesSubscribe(names)
          .putAllInitialResourceVersions(held)
          .build()
          .toByteArray();
    }
    return DiscoveryRequest.newBuilder()
        .setNode(node)
        .setTypeUrl(type.typeUrl())
        .addAllResourceNames(names)
        .build()
        .toByteArray();
  }

  /** One message of two parts: protobuf takes one after the other for both merged. */
  static byte[] merged(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** An acknowledgement; the names are said again where the variant wants it. */
  static byte[] acknowledge(
      boolean delta, String type, String version, String nonce, Collection<String> names) {
    if (delta) {
      // type_url is field 2 and response_nonce field 6; both are short.
      byte[] url = type.getBytes(UTF_8);
      byte[] said = nonce.getBytes(UTF_8);
      byte[] bytes = new byte[4 + url.length + said.length];
      bytes[0] = 2 << 3 | 2;
      bytes[1] = (byte) url.length;
      System.arraycopy(url, 0, bytes, 2, url.length);
      bytes[2 + url.length] = 6 << 3 | 2;
      bytes[3 + url.length] = (byte) said.length;
      System.arraycopy(said, 0, bytes, 4 + url.length, said.length);
      return bytes;
    }
    return DiscoveryRequest.newBuilder()
        .setTypeUrl(type)
        .setVersionInfo(version)
        .setResponseNonce(nonce)
        .addAllResourceNames(names)
        .build()
        .toByteArray();
  }
}
