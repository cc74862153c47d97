package io.heddle.proxy.engine.frames;

import java.util.Arrays;

/**
 * HPACK's dynamic table of what was sent (RFC 7541, 2.3.2): holds copies, as heads lie in memory
 * that is used again. Owned by the connection's loop.
 */
final class SentTable {
  private static final int OVERHEAD = 32;
  private static final int BUCKETS = 64;

  private final int most;
  private int slots = 16;
  private byte[] bytes = new byte[256];
  private int[] at = new int[slots];
  private int[] nameLength = new int[slots];
  private int[] valueLength = new int[slots];
  private int[] nameHash = new int[slots];
  private int[] fieldHash = new int[slots];
  private int[] nextOfName = new int[slots];
  private int[] nextOfField = new int[slots];
  private final int[] names = new int[BUCKETS];
  private final int[] fields = new int[BUCKETS];
  private int capacity;
  private int size;
  private int used;
  // Numbers of the oldest and of the next entry, which only grow.
  private int oldest = 1;
  private int next = 1;

  /** With room for at most so many bytes, counted as HPACK counts them. */
  SentTable(int most) {
    this.most = most;
    this.capacity = most;
  }

  int capacity() {
    return capacity;
  }

  /** Changes the room that there is; at most what the table was made with. */
  void capacity(int now) {
    capacity = Math.min(now, most);
    evict(0);
  }

  /** Whether a field fits in at all. */
  boolean fits(int name, int value) {
    return name + value + OVERHEAD <= capacity;
  }

  private int slot(int number) {
    return number & slots - 1;
  }

  /** HPACK's index behind the static table, from 1. */
  private int index(int number) {
    return next - number;
  }

  /** The index of a field with this name and value, or 0. */
  int field(byte[] name, int from, int length, byte[] value, int valueFrom, int values, int hash) {
    for (int i = fields[hash & BUCKETS - 1]; i - oldest >= 0; i = nextOfField[slot(i)]) {
      int slot = slot(i);
      int behind = at[slot] + nameLength[slot];
      if (fieldHash[slot] == hash
          && Arrays.equals(bytes, at[slot], behind, name, from, from + length)
          && Arrays.equals(
              bytes, behind, behind + valueLength[slot], value, valueFrom, valueFrom + values)) {
        return index(i);
      }
    }
    return 0;
  }

  /** The index of a field with this name, or 0. */
  int name(byte[] name, int from, int length, int hash) {
    for (int i = names[hash & BUCKETS - 1]; i - oldest >= 0; i = nextOfName[slot(i)]) {
      int slot = slot(i);
      if (nameHash[slot] == hash
          && Arrays.equals(
              bytes, at[slot], at[slot] + nameLength[slot], name, from, from + length)) {
        return index(i);
      }
    }
    return 0;
  }

  /** Adds a field that fits. */
  void add(
      byte[] name,
      int from,
      int length,
      int hashOfName,
      byte[] value,
      int valueFrom,
      int values,
      int hash) {
    evict(length + values + OVERHEAD);
    int total = length + values;
    if (next - oldest == slots) {
      moreSlots();
    }
    if (used + total > bytes.length) {
      compact(total);
    }
    int slot = slot(next);
    at[slot] = used;
    nameLength[slot] = length;
    valueLength[slot] = values;
    System.arraycopy(name, from, bytes, used, length);
    System.arraycopy(value, valueFrom, bytes, used + length, values);
    used += total;
    nameHash[slot] = hashOfName;
    fieldHash[slot] = hash;
    nextOfName[slot] = names[hashOfName & BUCKETS - 1];
    names[hashOfName & BUCKETS - 1] = next;
    nextOfField[slot] = fields[hash & BUCKETS - 1];
    fields[hash & BUCKETS - 1] = next;
    size += total + OVERHEAD;
    next++;
  }

  private void moreSlots() {
    int before = slots;
    slots = 2 * before;
    at = moved(at, before);
    nameLength = moved(nameLength, before);
    valueLength = moved(valueLength, before);
    nameHash = moved(nameHash, before);
    fieldHash = moved(fieldHash, before);
    nextOfName = moved(nextOfName, before);
    nextOfField = moved(nextOfField, before);
  }

  private int[] moved(int[] from, int before) {
    int[] to = new int[slots];
    for (int i = oldest; i != next; i++) {
      to[slot(i)] = from[i & before - 1];
    }
    return to;
  }

  /** What is there moves to the front, of more memory where half of it would be full. */
  private void compact(int more) {
    int begin = oldest == next ? used : at[slot(oldest)];
    int there = used - begin;
    byte[] to = bytes;
    if (2 * (there + more) > to.length) {
      to = new byte[Integer.highestOneBit(there + more) << 2];
    }
    System.arraycopy(bytes, begin, to, 0, there);
    bytes = to;
    for (int i = oldest; i != next; i++) {
      at[slot(i)] -= begin;
    }
    used = there;
  }

  private void evict(int room) {
    while (oldest != next && size + room > capacity) {
      int slot = slot(oldest);
      size -= nameLength[slot] + valueLength[slot] + OVERHEAD;
      oldest++;
    }
  }
}
