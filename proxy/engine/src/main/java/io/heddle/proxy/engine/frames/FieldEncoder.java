package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;

/**
 * Writes lists of fields as HPACK (RFC 7541): what was said before is referred to, everything else
 * is said, without the Huffman code, and remembered where it fits. Owned by the connection's loop.
 */
final class FieldEncoder {
  private static final int OVERHEAD = 32;
  private static final int DEFAULT_TABLE = 4_096;

  private final SentTable table;
  private long listLimit = Long.MAX_VALUE;
  private int smallest;
  private boolean resized;

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
    long size = 0;
    for (int i = 0; i < fields.size(); i++) {
      size += fields.name(i).length() + fields.value(i).length() + OVERHEAD;
    }
    return size <= listLimit;
  }

  void encode(FieldList fields, ByteBuf to) {
    if (resized) {
      // RFC 7541, 4.2: the smallest that it was in between, and what it is.
      resized = false;
      if (smallest < table.capacity()) {
        number(to, 0x20, 5, smallest);
      }
      number(to, 0x20, 5, table.capacity());
    }
    for (int i = 0; i < fields.size(); i++) {
      field(AsciiString.of(fields.name(i)), AsciiString.of(fields.value(i)), to);
    }
  }

  private void field(AsciiString name, AsciiString value, ByteBuf to) {
    byte[] names = name.array();
    int from = name.arrayOffset();
    int length = name.length();
    byte[] values = value.array();
    int valueFrom = value.arrayOffset();
    int valueLength = value.length();
    int nameHash = StaticTable.hash(names, from, length);
    int known = StaticTable.name(names, from, length, nameHash);
    if (known > 0) {
      int whole = StaticTable.field(known, values, valueFrom, valueLength);
      if (whole > 0) {
        number(to, 0x80, 7, whole);
        return;
      }
    }
    int hash = 31 * nameHash + StaticTable.hash(values, valueFrom, valueLength);
    int said = table.field(names, from, length, values, valueFrom, valueLength, hash);
    if (said > 0) {
      number(to, 0x80, 7, StaticTable.LENGTH + said);
      return;
    }
    if (known == 0) {
      int index = table.name(names, from, length, nameHash);
      known = index > 0 ? StaticTable.LENGTH + index : 0;
    }
    boolean remembered = table.fits(length, valueLength);
    if (remembered) {
      number(to, 0x40, 6, known);
    } else {
      number(to, 0, 4, known);
    }
    if (known == 0) {
      text(to, names, from, length);
    }
    text(to, values, valueFrom, valueLength);
    if (remembered) {
      table.add(names, from, length, nameHash, values, valueFrom, valueLength, hash);
    }
  }

  private static void text(ByteBuf to, byte[] bytes, int from, int length) {
    number(to, 0, 7, length);
    to.writeBytes(bytes, from, length);
  }

  /** An integer with a prefix of so many bits (RFC 7541, 5.1). */
  private static void number(ByteBuf to, int above, int bits, int value) {
    int most = (1 << bits) - 1;
    if (value < most) {
      to.writeByte(above | value);
      return;
    }
    to.writeByte(above | most);
    int rest = value - most;
    while (rest > 127) {
      to.writeByte((rest & 127) | 128);
      rest >>>= 7;
    }
    to.writeByte(rest);
  }
}
