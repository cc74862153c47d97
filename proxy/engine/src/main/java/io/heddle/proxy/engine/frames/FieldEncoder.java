package io.heddle.proxy.engine.frames;

import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.Head;
import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes lists of fields as HPACK (RFC 7541): what was said before is referred to, everything else
 * is said, without the Huffman code, and remembered where it fits and is likely to be said again.
 * What nobody shall guess by trying is marked so that nobody remembers it (RFC 7541, 7.1). Owned by
 * the connection's loop.
 */
final class FieldEncoder implements FieldSection.Visitor {
  private static final int OVERHEAD = 32;
  private static final int DEFAULT_TABLE = 4_096;
  private static final int LARGEST_NUMBER = 6;
  private static final int KEPT = 4_096;

  private final SentTable table;
  private long listLimit = Long.MAX_VALUE;
  private int smallest;
  private boolean resized;
  private byte[] out = new byte[128];
  private int length;

  /** {@code tableBytes} is how large the peer may let the table be. */
  FieldEncoder(int tableBytes) {
    table = new SentTable(Math.max(tableBytes, 0));
    if (tableBytes != DEFAULT_TABLE) {
      // The peer believes it to have its default size until it is told otherwise.
      table.capacity(Math.min(tableBytes, DEFAULT_TABLE));
      smallest = table.capacity();
      resized = tableBytes < DEFAULT_TABLE;
    }
  }

  /** How many bytes the peer takes in its table. */
  void tableBytes(long bytes) {
    int before = table.capacity();
    table.capacity((int) Math.min(bytes, Integer.MAX_VALUE));
    if (table.capacity() != before) {
      smallest = resized ? Math.min(smallest, table.capacity()) : table.capacity();
      resized = true;
    }
  }

  /** How many bytes the peer takes in a list, as RFC 9113 counts them (6.5.2). */
  void listLimit(long bytes) {
    listLimit = bytes;
  }

  /** Whether the peer takes a list that long. */
  boolean allows(FieldList fields) {
    if (listLimit == Long.MAX_VALUE) {
      return true;
    }
    Head rest = fields.rest();
    long size = rest == null ? 0 : FieldSection.listBytes(rest);
    for (int i = 0; i < fields.size(); i++) {
      size += fields.name(i).length() + fields.value(i).length() + OVERHEAD;
    }
    return size <= listLimit;
  }

  void encode(FieldList fields, ByteBuf to) {
    length = 0;
    reserve(2 * LARGEST_NUMBER);
    if (resized) {
      // RFC 7541, 4.2: the smallest that it was in between, and what it is.
      resized = false;
      if (smallest < table.capacity()) {
        number(0x20, 5, smallest);
      }
      number(0x20, 5, table.capacity());
    }
    for (int i = 0; i < fields.size(); i++) {
      AsciiString name = AsciiString.of(fields.name(i));
      AsciiString value = AsciiString.of(fields.value(i));
      field(
          name.array(),
          name.arrayOffset(),
          name.length(),
          value.array(),
          value.arrayOffset(),
          value.length());
    }
    @Nullable Head rest = fields.rest();
    if (rest != null) {
      FieldSection.visit(rest, this);
    }
    to.writeBytes(out, 0, length);
    if (out.length > KEPT) {
      out = new byte[KEPT];
    }
  }

  @Override
  public void field(byte[] bytes, int name, int nameEnd, int value, int valueEnd) {
    field(bytes, name, nameEnd - name, bytes, value, valueEnd - value);
  }

  private void field(
      byte[] names, int from, int nameLength, byte[] values, int valueFrom, int valueLength) {
    reserve(3 * LARGEST_NUMBER + nameLength + valueLength);
    int nameHash = StaticTable.hash(names, from, nameLength);
    int known = StaticTable.name(names, from, nameLength, nameHash);
    if (known > 0) {
      int whole = StaticTable.field(known, values, valueFrom, valueLength);
      if (whole > 0) {
        number(0x80, 7, whole);
        return;
      }
    }
    int kind = FieldKinds.of(known, names, from, nameLength, valueLength);
    int hash = 0;
    if (kind == FieldKinds.REPEATED) {
      hash = 31 * nameHash + StaticTable.hash(values, valueFrom, valueLength);
      int said = table.field(names, from, nameLength, values, valueFrom, valueLength, hash);
      if (said > 0) {
        number(0x80, 7, StaticTable.LENGTH + said);
        return;
      }
      if (!table.fits(nameLength, valueLength)) {
        kind = FieldKinds.UNIQUE;
      }
    }
    if (known == 0) {
      int index = table.name(names, from, nameLength, nameHash);
      known = index > 0 ? StaticTable.LENGTH + index : 0;
    }
    switch (kind) {
      case FieldKinds.REPEATED -> number(0x40, 6, known);
      case FieldKinds.SECRET -> number(0x10, 4, known);
      default -> number(0, 4, known);
    }
    if (known == 0) {
      text(names, from, nameLength);
    }
    text(values, valueFrom, valueLength);
    if (kind == FieldKinds.REPEATED) {
      table.add(names, from, nameLength, nameHash, values, valueFrom, valueLength, hash);
    }
  }

  private void reserve(int more) {
    if (length + more > out.length) {
      out = Arrays.copyOf(out, Math.max(length + more, 2 * out.length));
    }
  }

  private void text(byte[] bytes, int from, int count) {
    number(0, 7, count);
    System.arraycopy(bytes, from, out, length, count);
    length += count;
  }

  /** An integer with a prefix of so many bits (RFC 7541, 5.1). */
  private void number(int above, int bits, int value) {
    int most = (1 << bits) - 1;
    if (value < most) {
      out[length++] = (byte) (above | value);
      return;
    }
    out[length++] = (byte) (above | most);
    int rest = value - most;
    while (rest > 127) {
      out[length++] = (byte) ((rest & 127) | 128);
      rest >>>= 7;
    }
    out[length++] = (byte) rest;
  }
}
