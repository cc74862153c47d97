package io.heddle.proxy.engine.inspect;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PROXY header, versions 1 and 2 (the PROXY protocol of HAProxy, 2.1 and 2.2).
 *
 * @param state what the bytes are so far
 * @param size bytes of the header; with {@code NEED_MORE} how many must be there
 * @param version 1 or 2
 * @param source null where the sender speaks for itself or the family is unknown
 * @param destination null together with {@code source}
 */
record ProxyHeader(
    State state,
    int size,
    int version,
    @Nullable InetSocketAddress source,
    @Nullable InetSocketAddress destination,
    List<Tlv> tlvs) {

  private static final byte[] SIGNATURE_2 = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final byte[] SIGNATURE_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_1 = 107;
  private static final int HEADER_2 = 16;

  /** What the bytes are so far. */
  enum State {
    NEED_MORE,
    /** They are no header and never will be. */
    ABSENT,
    MALFORMED,
    WHOLE
  }

  /** One further thing that a header of version 2 tells. */
  @SuppressWarnings("ArrayRecordComponent") // Made here and not changed.
  record Tlv(int type, byte[] value) {}

  private static ProxyHeader need(int size) {
    return new ProxyHeader(State.NEED_MORE, size, 0, null, null, List.of());
  }

  private static ProxyHeader bad(int version) {
    return new ProxyHeader(State.MALFORMED, 0, version, null, null, List.of());
  }

  /** Looks at all bytes from the first one; changes no index. */
  static ProxyHeader read(ByteBuf in) {
    int one = common(in, SIGNATURE_1);
    int two = common(in, SIGNATURE_2);
    if (two == SIGNATURE_2.length) {
      return version2(in);
    }
    if (one == SIGNATURE_1.length) {
      return version1(in);
    }
    int size = in.readableBytes();
    if (one == size || two == size) {
      return need(size + 1);
    }
    return new ProxyHeader(State.ABSENT, 0, 0, null, null, List.of());
  }

  private static int common(ByteBuf in, byte[] with) {
    int same = 0;
    while (same < with.length
        && same < in.readableBytes()
        && in.getByte(in.readerIndex() + same) == with[same]) {
      same++;
    }
    return same;
  }

  private static ProxyHeader version1(ByteBuf in) {
    int base = in.readerIndex();
    int most = Math.min(in.readableBytes(), LONGEST_1);
    int end = in.indexOf(base, base + most, (byte) '\n');
    if (end < 0) {
      return most < LONGEST_1 ? need(in.readableBytes() + 1) : bad(1);
    }
    int size = end - base + 1;
    if (in.getByte(end - 1) != '\r') {
      return bad(1);
    }
    String line = in.toString(base, size - 2, StandardCharsets.ISO_8859_1);
    String[] words = line.split(" ", -1);
    if (words.length >= 2 && words[1].equals("UNKNOWN")) {
      return new ProxyHeader(State.WHOLE, size, 1, null, null, List.of());
    }
    boolean v4 = words.length == 6 && words[1].equals("TCP4");
    boolean v6 = words.length == 6 && words[1].equals("TCP6");
    if (!v4 && !v6) {
      return bad(1);
    }
    InetSocketAddress source = address(words[2], words[4], v6);
    InetSocketAddress destination = address(words[3], words[5], v6);
    return source == null || destination == null
        ? bad(1)
        : new ProxyHeader(State.WHOLE, size, 1, source, destination, List.of());
  }

  private static @Nullable InetSocketAddress address(String ip, String port, boolean v6) {
    if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    int number = Integer.parseInt(port);
    boolean fine =
        v6
            ? ip.indexOf(':') >= 0 && ip.indexOf('%') < 0 && ip.length() <= 45
            : ip.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    if (!fine || number > 65_535) {
      return null;
    }
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(ip), number);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  private static ProxyHeader version2(ByteBuf in) {
    if (in.readableBytes() < HEADER_2) {
      return need(HEADER_2);
    }
    int base = in.readerIndex();
    int command = in.getUnsignedByte(base + 12);
    int family = in.getUnsignedByte(base + 13);
    int length = in.getUnsignedShort(base + 14);
    int size = HEADER_2 + length;
    if (command >> 4 != 2 || (command & 0xf) > 1) {
      return bad(2);
    }
    if (in.readableBytes() < size) {
      return need(size);
    }
    boolean proxied = (command & 0xf) == 1;
    int addresses =
        switch (family >> 4) {
          case 1 -> 12;
          case 2 -> 36;
          case 3 -> 216;
          default -> 0;
        };
    if (proxied && family >> 4 > 3) {
      return bad(2);
    }
    // What a sender that speaks for itself says is skipped, whatever it is.
    if (proxied && length < addresses) {
      return bad(2);
    }
    InetSocketAddress source = null;
    InetSocketAddress destination = null;
    if (proxied && (family >> 4 == 1 || family >> 4 == 2)) {
      // Datagrams are no business of a TCP listener.
      if ((family & 0xf) != 1) {
        return bad(2);
      }
      int width = family >> 4 == 1 ? 4 : 16;
      int at = base + HEADER_2;
      source = socket(in, at, width, at + 2 * width);
      destination = socket(in, at + width, width, at + 2 * width + 2);
    }
    List<Tlv> tlvs = new ArrayList<>();
    int at = base + HEADER_2 + addresses;
    int end = base + size;
    while (proxied && end - at >= 3) {
      int width = in.getUnsignedShort(at + 1);
      if (end - at - 3 < width) {
        return bad(2);
      }
      byte[] value = new byte[width];
      in.getBytes(at + 3, value);
      tlvs.add(new Tlv(in.getUnsignedByte(at), value));
      at += 3 + width;
    }
    if (proxied && at != end) {
      return bad(2);
    }
    return new ProxyHeader(State.WHOLE, size, 2, source, destination, tlvs);
  }

  private static InetSocketAddress socket(ByteBuf in, int at, int width, int port) {
    byte[] bytes = new byte[width];
    in.getBytes(at, bytes);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), in.getUnsignedShort(port));
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
