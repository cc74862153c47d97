package io.heddle.proxy.engine.inspect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads as much of a TLS ClientHello as filter chains are chosen by (RFC 8446, 4.1.2). */
final class ClientHello {
  private static final int HANDSHAKE = 22;
  private static final int HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int LARGEST = 16 << 10;
  private static final int RECORD_HEADER = 5;

  private String serverName = "";
  private List<String> protocols = List.of();

  /** What the bytes are so far. */
  enum State {
    NEED_MORE,
    NOT_TLS,
    MALFORMED,
    WHOLE
  }

  String serverName() {
    return serverName;
  }

  List<String> protocols() {
    return protocols;
  }

  /** Looks at all bytes from the first one; changes no index. */
  State read(ByteBuf in) {
    int readable = in.readableBytes();
    int base = in.readerIndex();
    if (readable > 0 && in.getUnsignedByte(base) != HANDSHAKE) {
      return State.NOT_TLS;
    }
    if (readable > 1 && in.getUnsignedByte(base + 1) != 3) {
      return State.NOT_TLS;
    }
    if (readable > 2 && in.getUnsignedByte(base + 2) > 4) {
      return State.NOT_TLS;
    }
    if (readable < RECORD_HEADER + 4) {
      return State.NEED_MORE;
    }
    if (in.getUnsignedByte(base + RECORD_HEADER) != HELLO) {
      return State.MALFORMED;
    }
    int size = in.getUnsignedMedium(base + RECORD_HEADER + 1);
    if (size > LARGEST) {
      return State.MALFORMED;
    }
    byte[] hello = new byte[size];
    int have = 0;
    int at = base;
    boolean first = true;
    // The message may stand in several records.
    while (have < size) {
      int left = base + readable - at;
      if (left < RECORD_HEADER) {
        return State.NEED_MORE;
      }
      int length = in.getUnsignedShort(at + 3);
      if (in.getUnsignedByte(at) != HANDSHAKE || length == 0 || length > LARGEST + 256) {
        return State.MALFORMED;
      }
      int skip = first ? 4 : 0;
      if (length < skip) {
        return State.MALFORMED;
      }
      int take = Math.min(Math.min(length, left - RECORD_HEADER) - skip, size - have);
      if (take < 0) {
        return State.NEED_MORE;
      }
      in.getBytes(at + RECORD_HEADER + skip, hello, have, take);
      have += take;
      if (have < size && left - RECORD_HEADER < length) {
        return State.NEED_MORE;
      }
      at += RECORD_HEADER + length;
      first = false;
    }
    return parse(new Bytes(hello)) ? State.WHOLE : State.MALFORMED;
  }

  private boolean parse(Bytes hello) {
    if (!hello.skip(2 + 32)) {
      return false;
    }
    if (!hello.skip(hello.number(1)) || !hello.skip(hello.number(2))) {
      return false;
    }
    if (!hello.skip(hello.number(1))) {
      return false;
    }
    if (hello.left() == 0) {
      return true;
    }
    Bytes extensions = hello.part(hello.number(2));
    while (extensions != null && extensions.left() > 0) {
      int type = extensions.number(2);
      Bytes data = extensions.part(extensions.number(2));
      if (data == null) {
        return false;
      }
      boolean fine =
          switch (type) {
            case SERVER_NAME -> serverName(data);
            case ALPN -> alpn(data);
            default -> true;
          };
      if (!fine) {
        return false;
      }
    }
    return extensions != null;
  }

  private boolean serverName(Bytes data) {
    Bytes names = data.part(data.number(2));
    while (names != null && names.left() > 0) {
      int type = names.number(1);
      Bytes name = names.part(names.number(2));
      if (name == null) {
        return false;
      }
      if (type == 0 && serverName.isEmpty()) {
        if (name.left() == 0 || name.left() > 255) {
          return false;
        }
        serverName = name.text().toLowerCase(Locale.ROOT);
      }
    }
    return names != null;
  }

  private boolean alpn(Bytes data) {
    Bytes names = data.part(data.number(2));
    List<String> found = new ArrayList<>();
    while (names != null && names.left() > 0) {
      Bytes name = names.part(names.number(1));
      if (name == null || name.left() == 0) {
        return false;
      }
      found.add(name.text());
    }
    protocols = List.copyOf(found);
    return names != null;
  }

  /** Bytes read in order; a number that is not there is -1, which no step accepts. */
  private static final class Bytes {
    private final byte[] data;
    private final int end;
    private int at;

    Bytes(byte[] data) {
      this(data, 0, data.length);
    }

    private Bytes(byte[] data, int at, int end) {
      this.data = data;
      this.at = at;
      this.end = end;
    }

    int left() {
      return end - at;
    }

    int number(int size) {
      if (left() < size) {
        return -1;
      }
      int value = 0;
      for (int i = 0; i < size; i++) {
        value = value << 8 | (data[at++] & 0xff);
      }
      return value;
    }

    boolean skip(int size) {
      if (size < 0 || left() < size) {
        return false;
      }
      at += size;
      return true;
    }

    @Nullable Bytes part(int size) {
      int from = at;
      return skip(size) ? new Bytes(data, from, from + size) : null;
    }

    String text() {
      return new String(data, at, left(), StandardCharsets.ISO_8859_1);
    }
  }
}
