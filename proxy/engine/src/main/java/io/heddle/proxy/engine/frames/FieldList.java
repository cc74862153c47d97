package io.heddle.proxy.engine.frames;

import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.Head;
import io.netty.handler.codec.EmptyHeaders;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Fields in their order, used again for each message: what HPACK reads from and writes to. Knows
 * names only as far as pseudo-headers go. Owned by the connection's loop.
 */
public final class FieldList extends EmptyHeaders<CharSequence, CharSequence, Http2Headers>
    implements Http2Headers {
  private static final String CONTENT_LENGTH = "content-length";

  private static final int USUAL = 32;
  private static final int KEPT = 256;

  private CharSequence[] fields = new CharSequence[USUAL];
  private int count;
  private boolean misplaced;
  private boolean regular;
  private @Nullable Head rest;
  private final Cursor cursor = new Cursor();

  /** Forgets all. */
  @Override
  public FieldList clear() {
    if (fields.length > KEPT) {
      fields = new CharSequence[USUAL];
    } else {
      Arrays.fill(fields, 0, 2 * count, null);
    }
    count = 0;
    misplaced = false;
    regular = false;
    rest = null;
    return this;
  }

  @Override
  public FieldList add(CharSequence name, CharSequence value) {
    if (!name.isEmpty() && name.charAt(0) == ':') {
      misplaced |= regular || contains(name);
    } else {
      regular = true;
    }
    int at = 2 * count;
    if (at == fields.length) {
      fields = Arrays.copyOf(fields, 2 * at);
    }
    fields[at] = name;
    fields[at + 1] = value;
    count++;
    return this;
  }

  /** The fields of a head come behind these, from where they lie. */
  public FieldList rest(Head head) {
    rest = head;
    return this;
  }

  @Nullable Head rest() {
    return rest;
  }

  @Override
  public boolean contains(CharSequence name) {
    for (int i = 0; i < 2 * count; i += 2) {
      if (same(fields[i], name)) {
        return true;
      }
    }
    return false;
  }

  /** How many there are. */
  @Override
  public int size() {
    return count;
  }

  @Override
  public boolean isEmpty() {
    return count == 0;
  }

  /** The name of one. */
  public CharSequence name(int index) {
    return fields[2 * index];
  }

  /** Its value. */
  public CharSequence value(int index) {
    return fields[2 * index + 1];
  }

  /** Whether a pseudo-header came twice or behind another field (RFC 9113, 8.3). */
  public boolean misplaced() {
    return misplaced;
  }

  /**
   * How long the first {@code content-length} says that the body is; -1 where there is none, and -2
   * where it is no number.
   */
  long contentLength() {
    for (int i = 0; i < count; i++) {
      CharSequence name = name(i);
      if (name.length() == CONTENT_LENGTH.length() && same(name, CONTENT_LENGTH)) {
        return decimal(value(i));
      }
    }
    return -1;
  }

  /** Three digits as a number, or 0. */
  int statusCode() {
    for (int i = 0; i < count; i++) {
      if (same(name(i), ":status")) {
        return Math.clamp(decimal(value(i)), 0, 999);
      }
    }
    return 0;
  }

  private static long decimal(CharSequence text) {
    long value = 0;
    int length = text.length();
    for (int i = 0; i < length; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9 || i == 18) {
        return -2;
      }
      value = value * 10 + digit;
    }
    return length == 0 ? -2 : value;
  }

  /** Whether two texts are the same. */
  public static boolean same(CharSequence one, CharSequence other) {
    int length = one.length();
    if (length != other.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (one.charAt(i) != other.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The same fields, in a list of their own that has copies of the head's. */
  FieldList copy() {
    FieldList copy = new FieldList();
    CharSequence[] more = rest == null ? new CharSequence[0] : FieldSection.fields(rest);
    copy.fields = Arrays.copyOf(fields, Math.max(2, 2 * count + more.length));
    System.arraycopy(more, 0, copy.fields, 2 * count, more.length);
    copy.count = count + more.length / 2;
    return copy;
  }

  /** One walk at a time: the entries, too, are the list's. */
  @Override
  public Iterator<Map.Entry<CharSequence, CharSequence>> iterator() {
    cursor.at = -1;
    return cursor;
  }

  private final class Cursor
      implements Iterator<Map.Entry<CharSequence, CharSequence>>,
          Map.Entry<CharSequence, CharSequence> {
    private int at = -1;

    @Override
    public boolean hasNext() {
      return at + 1 < count;
    }

    @Override
    public Map.Entry<CharSequence, CharSequence> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      at++;
      return this;
    }

    @Override
    public CharSequence getKey() {
      return name(at);
    }

    @Override
    public CharSequence getValue() {
      return value(at);
    }

    @Override
    public CharSequence setValue(CharSequence value) {
      throw new UnsupportedOperationException();
    }
  }

  // --- what nobody asks of a list ---

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("a list of fields is only walked");
  }

  @Override
  public Http2Headers method(CharSequence value) {
    throw unsupported();
  }

  @Override
  public Http2Headers scheme(CharSequence value) {
    throw unsupported();
  }

  @Override
  public Http2Headers authority(CharSequence value) {
    throw unsupported();
  }

  @Override
  public Http2Headers path(CharSequence value) {
    throw unsupported();
  }

  @Override
  public Http2Headers status(CharSequence value) {
    throw unsupported();
  }

  @Override
  public CharSequence method() {
    throw unsupported();
  }

  @Override
  public CharSequence scheme() {
    throw unsupported();
  }

  @Override
  public CharSequence authority() {
    throw unsupported();
  }

  @Override
  public CharSequence path() {
    throw unsupported();
  }

  @Override
  public CharSequence status() {
    throw unsupported();
  }

  @Override
  public boolean contains(CharSequence name, CharSequence value, boolean caseInsensitive) {
    throw unsupported();
  }
}
