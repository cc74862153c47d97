package io.heddle.proxy.codec;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message's field lines in one array, found through a table of offsets.
 *
 * <p>The received lines lie at the front, their names lower-cased in place; a change appends a line
 * behind them and marks those it replaces, so that a writer copies unchanged runs at once. Values
 * are bytes, read as ISO 8859-1.
 *
 * <p>Leased from a {@link HeadPool} and owned by one event loop; whoever holds it calls {@link
 * #release} once, when nobody reads it any more.
 */
public abstract sealed class Head implements HeaderMap permits RequestHead, ResponseHead, Trailers {
  /** Ints a line: where the name begins and ends, where the value begins and ends, flags. */
  static final int STRIDE = 5;

  static final int NAME_END = 1;
  static final int VALUE = 2;
  static final int VALUE_END = 3;
  static final int FLAGS = 4;

  /** The line reads exactly {@code name: value CRLF} and may be copied as it is. */
  static final int VERBATIM = 1 << 16;

  /** The line is not there any more. */
  static final int REMOVED = 1 << 17;

  /** Written by the writer itself or not at all. */
  static final int NOT_COPIED = REMOVED | Field.CONTENT_LENGTH | Field.HOP_BY_HOP;

  /** Colon and line end. */
  private static final int LINE_EXTRA = 3;

  private static final int INITIAL_BYTES = 2 << 10;
  private static final int KEPT_BYTES = 16 << 10;
  private static final int MAX_BYTES = 2 << 20;
  private static final int INITIAL_LINES = 32;
  private static final int KEPT_LINES = 256;
  private static final int MAX_LINES = 4_096;

  private final HeadPool pool;
  private boolean leased;

  byte[] bytes = new byte[INITIAL_BYTES];
  int length;
  int[] table = new int[INITIAL_LINES * STRIDE];
  int count;

  /** Values made into strings so far, by line. */
  private @Nullable String[] strings = new @Nullable String[INITIAL_LINES];

  private int live;
  private int liveBytes;
  private int enteredBytes;

  /** {@link Field} bits of lines that came, and of those that came twice. */
  int seen;

  int repeated;

  /** {@link HopByHop} bits of what {@code Connection} said. */
  int options;

  Head(HeadPool pool) {
    this.pool = pool;
  }

  // --- lease ---

  void lease() {
    if (leased) {
      throw new IllegalStateException("head leased twice");
    }
    leased = true;
  }

  /** Gives the head back; it must not be touched any more. */
  public final void release() {
    if (!leased) {
      throw new IllegalStateException("head released twice");
    }
    leased = false;
    reset();
    pool.put(this);
  }

  /** Forgets the message, and what grew too large to keep. */
  void reset() {
    Arrays.fill(strings, 0, count, null);
    length = 0;
    count = 0;
    live = 0;
    liveBytes = 0;
    enteredBytes = 0;
    seen = 0;
    repeated = 0;
    options = 0;
    if (bytes.length > KEPT_BYTES) {
      bytes = new byte[INITIAL_BYTES];
    }
    if (strings.length > KEPT_LINES) {
      table = new int[INITIAL_LINES * STRIDE];
      strings = new @Nullable String[INITIAL_LINES];
    }
  }

  // --- what parsers and writers do ---

  /** Appends up to {@code limit} bytes in all, as many as come without growing more than once. */
  final void fill(ByteBuf in, int limit) {
    if (length == bytes.length) {
      reserve(1);
    }
    int n = Math.min(Math.min(in.readableBytes(), bytes.length - length), limit - length);
    in.readBytes(bytes, length, n);
    length += n;
  }

  /** Makes room for {@code more} bytes behind the last. */
  final void reserve(int more) {
    int needed = length + more;
    if (needed > bytes.length) {
      if (needed > MAX_BYTES) {
        throw new IllegalArgumentException(
            "head: " + needed + " bytes (expected: <= " + MAX_BYTES + ")");
      }
      bytes = Arrays.copyOf(bytes, Math.min(MAX_BYTES, Math.max(needed, bytes.length * 2)));
    }
  }

  /** Enters a line that lies in the array. */
  final void line(int start, int nameEnd, int value, int valueEnd, int flags) {
    int at = count * STRIDE;
    if (at == table.length) {
      if (count == MAX_LINES) {
        throw new IllegalArgumentException("head: more than " + MAX_LINES + " lines");
      }
      table = Arrays.copyOf(table, table.length * 2);
      strings = Arrays.copyOf(strings, strings.length * 2);
    }
    table[at] = start;
    table[at + NAME_END] = nameEnd;
    table[at + VALUE] = value;
    table[at + VALUE_END] = valueEnd;
    table[at + FLAGS] = flags;
    count++;
    enteredBytes += nameEnd - start + valueEnd - value + LINE_EXTRA;
    if ((flags & REMOVED) == 0) {
      live++;
      liveBytes += nameEnd - start + valueEnd - value;
    }
  }

  /** Takes a line away. */
  final void removeLine(int line) {
    int at = line * STRIDE;
    if ((table[at + FLAGS] & REMOVED) == 0) {
      table[at + FLAGS] |= REMOVED;
      live--;
      liveBytes -= table[at + NAME_END] - table[at] + table[at + VALUE_END] - table[at + VALUE];
    }
  }

  /**
   * First line of a {@link Field}, removed or not, from {@code from} on; -1 where there is none.
   */
  final int lineOf(int field, int from) {
    for (int i = from; i < count; i++) {
      if ((table[i * STRIDE + FLAGS] & field) != 0) {
        return i;
      }
    }
    return -1;
  }

  /** First line of this name that is there, from {@code from} on; -1 where there is none. */
  final int find(HeaderName name, int from) {
    AsciiString ascii = name.ascii();
    byte[] wanted = ascii.array();
    int offset = ascii.arrayOffset();
    int n = ascii.length();
    for (int i = from; i < count; i++) {
      int at = i * STRIDE;
      int start = table[at];
      if (table[at + NAME_END] - start == n
          && (table[at + FLAGS] & REMOVED) == 0
          && Arrays.equals(bytes, start, start + n, wanted, offset, offset + n)) {
        return i;
      }
    }
    return -1;
  }

  final String valueOf(int line) {
    String cached = strings[line];
    if (cached == null) {
      int at = line * STRIDE;
      cached = text(table[at + VALUE], table[at + VALUE_END]);
      strings[line] = cached;
    }
    return cached;
  }

  final String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** Whether the bytes {@code [from, to)} are these characters. */
  final boolean same(int from, int to, CharSequence text) {
    int n = to - from;
    if (text.length() != n) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      if ((char) (bytes[from + i] & 0xff) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Checks and appends text, trimmed; returns where it begins. It ends at {@link #length}. */
  final int append(CharSequence text) {
    int from = 0;
    int to = text.length();
    while (from < to && blank(text.charAt(from))) {
      from++;
    }
    while (to > from && blank(text.charAt(to - 1))) {
      to--;
    }
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new IllegalArgumentException(
            "header value: character U+%04X at %d (expected: ISO 8859-1 without controls)"
                .formatted((int) c, i));
      }
    }
    reserve(to - from);
    int start = length;
    for (int i = from; i < to; i++) {
      bytes[length++] = (byte) text.charAt(i);
    }
    return start;
  }

  private static boolean blank(char c) {
    return c == ' ' || c == '\t';
  }

  private void appendLine(HeaderName name, CharSequence value) {
    AsciiString ascii = name.ascii();
    int n = ascii.length();
    int mark = length;
    reserve(n + value.length() + 4);
    System.arraycopy(ascii.array(), ascii.arrayOffset(), bytes, length, n);
    int field = Field.of(bytes, length, length + n);
    if (field == Field.TE && AsciiString.contentEqualsIgnoreCase("trailers", value)) {
      // The one that is passed on, as gRPC over HTTP/2 wants it (RFC 9113, 8.2.2).
      field = Field.OTHER;
    }
    if ((field & Field.HOP_BY_HOP) != 0) {
      throw new IllegalArgumentException(
          "header: " + name + " (expected: none that belongs to the connection)");
    }
    length += n;
    bytes[length++] = ':';
    bytes[length++] = ' ';
    int from;
    try {
      from = append(value);
      if (field == Field.CONTENT_LENGTH && Numbers.decimal(bytes, from, length) < 0) {
        throw new IllegalArgumentException("content-length: \"" + value + "\" (expected: digits)");
      }
    } catch (IllegalArgumentException e) {
      length = mark;
      throw e;
    }
    int to = length;
    reserve(2);
    bytes[length++] = '\r';
    bytes[length++] = '\n';
    line(mark, mark + n, from, to, field | VERBATIM);
  }

  // --- HeaderMap ---

  @Override
  public Optional<String> first(HeaderName name) {
    int line = find(name, 0);
    return line < 0 ? Optional.empty() : Optional.of(valueOf(line));
  }

  @Override
  public List<String> all(HeaderName name) {
    int line = find(name, 0);
    if (line < 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(2);
    for (; line >= 0; line = find(name, line + 1)) {
      values.add(valueOf(line));
    }
    return values;
  }

  @Override
  public boolean contains(HeaderName name) {
    return find(name, 0) >= 0;
  }

  @Override
  public boolean valueEquals(HeaderName name, CharSequence value) {
    int line = find(name, 0);
    return line >= 0 && same(table[line * STRIDE + VALUE], table[line * STRIDE + VALUE_END], value);
  }

  @Override
  public void add(HeaderName name, CharSequence value) {
    if (name.pseudo()) {
      throw new IllegalArgumentException("header: " + name + " (expected: no pseudo-header)");
    }
    appendLine(name, value);
  }

  @Override
  public void set(HeaderName name, CharSequence value) {
    int before = count;
    add(name, value);
    for (int i = find(name, 0); i >= 0 && i < before; i = find(name, i + 1)) {
      removeLine(i);
    }
  }

  @Override
  public boolean remove(HeaderName name) {
    boolean any = false;
    for (int i = find(name, 0); i >= 0; i = find(name, i + 1)) {
      removeLine(i);
      any = true;
    }
    return any;
  }

  @Override
  public void forEach(Visitor visitor) {
    for (int i = 0; i < count; i++) {
      int at = i * STRIDE;
      if ((table[at + FLAGS] & REMOVED) == 0) {
        visitor.header(text(table[at], table[at + NAME_END]), valueOf(i));
      }
    }
  }

  @Override
  public int size() {
    return live;
  }

  @Override
  public int byteSize() {
    return liveBytes;
  }

  // --- beside HeaderMap, without allocation ---

  /**
   * Bytes of all lines entered so far, taken away since or not: names, colons, values without white
   * space round them, and line ends. Of a head that was just parsed, those that came.
   */
  public final int enteredBytes() {
    return enteredBytes;
  }

  /** Appends the first value of this name to {@code out}; its length, or -1 where there is none. */
  public final int writeValue(HeaderName name, ByteBuf out) {
    int line = find(name, 0);
    if (line < 0) {
      return -1;
    }
    int from = table[line * STRIDE + VALUE];
    int n = table[line * STRIDE + VALUE_END] - from;
    out.writeBytes(bytes, from, n);
    return n;
  }

  /** Whether there is a name that begins like this; one pass in the place of many look-ups. */
  public final boolean anyNameBegins(HeaderName prefix) {
    AsciiString ascii = prefix.ascii();
    byte[] wanted = ascii.array();
    int offset = ascii.arrayOffset();
    int n = ascii.length();
    for (int i = 0; i < count; i++) {
      int at = i * STRIDE;
      int start = table[at];
      if (table[at + NAME_END] - start >= n
          && (table[at + FLAGS] & REMOVED) == 0
          && Arrays.equals(bytes, start, start + n, wanted, offset, offset + n)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The value of {@code Content-Length}, or -1 where there is none. Says nothing about the body of
   * a response to HEAD.
   */
  public final long contentLength() {
    for (int i = lineOf(Field.CONTENT_LENGTH, 0); i >= 0; i = lineOf(Field.CONTENT_LENGTH, i + 1)) {
      int at = i * STRIDE;
      if ((table[at + FLAGS] & REMOVED) == 0) {
        return Numbers.decimal(bytes, table[at + VALUE], table[at + VALUE_END]);
      }
    }
    return -1;
  }

  /** Whether a name with {@code _} came, which CGI-like servers confuse with {@code -}. */
  public final boolean hasUnderscoreName() {
    for (int i = 0; i < count; i++) {
      if (underscore(i)) {
        return true;
      }
    }
    return false;
  }

  /** Takes away the lines whose name has a {@code _}; returns how many. */
  public final int removeUnderscoreNames() {
    int removed = 0;
    for (int i = 0; i < count; i++) {
      if (underscore(i)) {
        removeLine(i);
        removed++;
      }
    }
    return removed;
  }

  private boolean underscore(int line) {
    int at = line * STRIDE;
    if ((table[at + FLAGS] & REMOVED) != 0) {
      return false;
    }
    for (int i = table[at]; i < table[at + NAME_END]; i++) {
      if (bytes[i] == '_') {
        return true;
      }
    }
    return false;
  }
}
