package io.heddle.proxy.codec;

import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the fields of HTTP/2 into heads and takes them out of them, under the rules of RFC 9113, 8.2
 * and 8.3. Names of the violations are those of Envoy's response code details. Stateless.
 */
public final class FieldSection {
  private static final byte[] TRAILERS = Field.ascii("trailers");
  private static final byte[] CONTINUE = Field.ascii("100-continue");
  private static final byte[] COOKIE = Field.ascii("cookie");
  private static final byte[] COOKIE_SEPARATOR = Field.ascii("; ");
  private static final AsciiString[] NO_FIELDS = {};

  private FieldSection() {}

  /**
   * Appends a field that is no pseudo-header.
   *
   * @return what is wrong with it, or null
   */
  public static @Nullable String append(Head head, CharSequence name, CharSequence value) {
    int names = name.length();
    int values = value.length();
    if (names == 0) {
      return "http2.invalid.header.field";
    }
    int mark = head.length;
    head.reserve(names + values + 4);
    byte[] bytes = head.bytes;
    int at = mark;
    if (!put(name, bytes, at)) {
      return "http2.invalid.header.field";
    }
    for (int i = 0; i < names; i++) {
      byte c = bytes[at++];
      // Upper case is malformed in HTTP/2.
      if ((c >= 'A' && c <= 'Z') || Chars.token(c) == 0) {
        return "http2.invalid.header.field";
      }
    }
    int nameEnd = at;
    int field = Field.of(bytes, mark, nameEnd);
    bytes[at++] = ':';
    bytes[at++] = ' ';
    int from = at;
    if (!put(value, bytes, at)) {
      return "http2.invalid.header.field";
    }
    for (int i = 0; i < values; i++) {
      byte c = bytes[at++];
      if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f) {
        return "http2.invalid.header.field";
      }
    }
    int to = at;
    if (from < to && (blank(bytes[from]) || blank(bytes[to - 1]))) {
      // RFC 9113, 8.2.1: no white space round a value.
      return "http2.invalid.header.field";
    }
    String wrong = known(head, field, from, to);
    if (wrong != null) {
      return wrong;
    }
    bytes[at++] = '\r';
    bytes[at++] = '\n';
    head.length = at;
    head.repeated |= head.seen & field;
    head.seen |= field;
    head.line(mark, nameEnd, from, to, field | Head.VERBATIM);
    return null;
  }

  /** Writes a text of bytes; false where it has other characters. */
  private static boolean put(CharSequence text, byte[] to, int at) {
    if (text instanceof AsciiString ascii) {
      System.arraycopy(ascii.array(), ascii.arrayOffset(), to, at, ascii.length());
      return true;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0xff) {
        return false;
      }
      to[at + i] = (byte) c;
    }
    return true;
  }

  /**
   * Appends all fields of a message's trailers.
   *
   * @return what is wrong with them, or null
   */
  public static @Nullable String trailers(
      Trailers trailers, Iterable<Map.Entry<CharSequence, CharSequence>> fields) {
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      String wrong = append(trailers, field.getKey(), field.getValue());
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private static boolean blank(byte c) {
    return c == ' ' || c == '\t';
  }

  private static @Nullable String known(Head head, int field, int from, int to) {
    if (field == Field.TE) {
      // RFC 9113, 8.2.2: "trailers" and nothing else; said to the upstream by its own connection.
      if (!Tokens.sameIgnoringCase(head.bytes, from, to, TRAILERS)) {
        return "http2.invalid.header.field";
      }
      if (head instanceof RequestHead request) {
        request.teTrailers = true;
      }
      return null;
    }
    if ((field & Field.HOP_BY_HOP) != 0) {
      return "http2.invalid.header.field";
    }
    if (field == Field.CONTENT_LENGTH
        && (Numbers.decimal(head.bytes, from, to) < 0 || (head.seen & Field.CONTENT_LENGTH) != 0)) {
      return "http2.unexpected_content_length";
    }
    if (field == Field.HOST && (head.seen & Field.HOST) != 0) {
      return "http2.invalid.header.field";
    }
    return null;
  }

  /**
   * Makes the head that of a request, after its fields were appended: pseudo-headers, {@code Host},
   * cookies and expectation.
   *
   * @param authority empty where there is none
   * @param path empty for a CONNECT only
   * @return what is wrong with it, or null
   */
  public static @Nullable String request(
      RequestHead head,
      CharSequence method,
      CharSequence path,
      CharSequence authority,
      CharSequence scheme) {
    head.version = HttpVersion.HTTP_2;
    try {
      head.method(method.toString());
      if (!path.isEmpty()) {
        head.path(path.toString());
      }
      if (!scheme.isEmpty()) {
        head.scheme(scheme.toString());
      }
      if (!authority.isEmpty()) {
        head.authority(authority.toString());
      }
    } catch (IllegalArgumentException malformed) {
      return "http2.invalid.header.field";
    }
    String wrong = host(head);
    if (wrong != null) {
      return wrong;
    }
    cookies(head);
    if ((head.seen & Field.EXPECT) != 0) {
      int at = head.lineOf(Field.EXPECT, 0) * Head.STRIDE;
      head.expectsContinue =
          (head.repeated & Field.EXPECT) == 0
              && Tokens.sameIgnoringCase(
                  head.bytes,
                  head.table[at + Head.VALUE],
                  head.table[at + Head.VALUE_END],
                  CONTINUE);
    }
    return null;
  }

  /**
   * Makes the head that of an extended CONNECT (RFC 8441, 4), after its fields were appended: a GET
   * that offers the protocol, as it would be in HTTP/1.1. Arguments as of {@link #request}.
   */
  public static @Nullable String extendedConnect(
      RequestHead head,
      CharSequence protocol,
      CharSequence path,
      CharSequence authority,
      CharSequence scheme) {
    for (int i = 0; i < protocol.length(); i++) {
      char c = protocol.charAt(i);
      if (c > 127 || (Chars.token((byte) c) == 0 && c != '/')) {
        return "http2.invalid.header.field";
      }
    }
    if (protocol.isEmpty() || path.isEmpty() || scheme.isEmpty()) {
      return "http2.violation.of.messaging.rule";
    }
    String wrong = request(head, "GET", path, authority, scheme);
    if (wrong == null) {
      head.offer(protocol);
    }
    return wrong;
  }

  /**
   * RFC 9113, 8.3.1: {@code Host} is the authority where there is no other, and never differs. One
   * of the two must be there, as HTTP/1.1 demands it of whoever this is forwarded to.
   */
  private static @Nullable String host(RequestHead head) {
    int line = head.lineOf(Field.HOST, 0);
    if (line < 0) {
      return head.authorityLength() == 0 ? "http2.violation.of.messaging.rule" : null;
    }
    int at = line * Head.STRIDE;
    int from = head.table[at + Head.VALUE];
    int to = head.table[at + Head.VALUE_END];
    if (Authority.check(head.bytes, from, to) != null) {
      return "http2.invalid.header.field";
    }
    head.removeLine(line);
    if (head.authorityLength() == 0) {
      head.receivedAuthority(from, to);
      return null;
    }
    int authority = head.authorityOffset();
    int port = head.scheme().equals("https") ? 443 : 80;
    return Authority.same(head.bytes, authority, authority + head.authorityLength(), from, to, port)
        ? null
        : "http2.invalid.header.field";
  }

  /** RFC 9113, 8.2.3: crumbs are one field where they go on. */
  private static void cookies(RequestHead head) {
    int first = -1;
    int crumbs = 0;
    int size = 0;
    for (int i = 0; i < head.count; i++) {
      if (cookie(head, i)) {
        first = first < 0 ? i : first;
        crumbs++;
        size += valueLength(head, i) + COOKIE_SEPARATOR.length;
      }
    }
    if (crumbs < 2) {
      return;
    }
    head.reserve(COOKIE.length + 4 + size);
    int mark = head.length;
    put(head, COOKIE);
    head.bytes[head.length++] = ':';
    head.bytes[head.length++] = ' ';
    int from = head.length;
    int lines = head.count;
    for (int i = first; i < lines; i++) {
      if (cookie(head, i)) {
        if (head.length > from) {
          put(head, COOKIE_SEPARATOR);
        }
        int at = i * Head.STRIDE;
        int n = valueLength(head, i);
        System.arraycopy(head.bytes, head.table[at + Head.VALUE], head.bytes, head.length, n);
        head.length += n;
        head.removeLine(i);
      }
    }
    int to = head.length;
    head.bytes[head.length++] = '\r';
    head.bytes[head.length++] = '\n';
    head.line(mark, mark + COOKIE.length, from, to, Field.OTHER | Head.VERBATIM);
  }

  private static boolean cookie(Head head, int line) {
    int at = line * Head.STRIDE;
    int start = head.table[at];
    return (head.table[at + Head.FLAGS] & Head.REMOVED) == 0
        && java.util.Arrays.equals(
            head.bytes, start, head.table[at + Head.NAME_END], COOKIE, 0, COOKIE.length);
  }

  private static int valueLength(Head head, int line) {
    int at = line * Head.STRIDE;
    return head.table[at + Head.VALUE_END] - head.table[at + Head.VALUE];
  }

  private static void put(Head head, byte[] text) {
    System.arraycopy(text, 0, head.bytes, head.length, text.length);
    head.length += text.length;
  }

  /**
   * Makes the head that of a response, after its fields were appended.
   *
   * @param status 100 to 599
   */
  public static void response(ResponseHead head, int status) {
    head.received(HttpVersion.HTTP_2, status);
  }

  /** Copies of the fields as name and value in turn, without those of one connection. */
  public static AsciiString[] fields(Head head) {
    int n = 0;
    for (int i = 0; i < head.count; i++) {
      n += passes(head, i) ? 2 : 0;
    }
    if (n == 0) {
      return NO_FIELDS;
    }
    AsciiString[] fields = new AsciiString[n];
    int at = 0;
    for (int i = 0; i < head.count; i++) {
      if (passes(head, i)) {
        int line = i * Head.STRIDE;
        int start = head.table[line];
        int value = head.table[line + Head.VALUE];
        fields[at++] =
            new AsciiString(head.bytes, start, head.table[line + Head.NAME_END] - start, true);
        fields[at++] =
            new AsciiString(head.bytes, value, head.table[line + Head.VALUE_END] - value, true);
      }
    }
    return fields;
  }

  /** Takes fields that lie in memory which is used again: it copies what it keeps. */
  @FunctionalInterface
  public interface Visitor {
    /** One field: its name and its value are {@code bytes} from (incl.) and to (excl.) there. */
    void field(byte[] bytes, int name, int nameEnd, int value, int valueEnd);
  }

  /** Shows the fields, without those of one connection. */
  public static void visit(Head head, Visitor to) {
    for (int i = 0; i < head.count; i++) {
      if (passes(head, i)) {
        int line = i * Head.STRIDE;
        to.field(
            head.bytes,
            head.table[line],
            head.table[line + Head.NAME_END],
            head.table[line + Head.VALUE],
            head.table[line + Head.VALUE_END]);
      }
    }
  }

  /** How long their list is, as RFC 9113, 6.5.2 counts it. */
  public static long listBytes(Head head) {
    long size = 0;
    for (int i = 0; i < head.count; i++) {
      if (passes(head, i)) {
        int line = i * Head.STRIDE;
        size += head.table[line + Head.NAME_END] - head.table[line] + valueLength(head, i) + 32;
      }
    }
    return size;
  }

  private static boolean passes(Head head, int line) {
    return (head.table[line * Head.STRIDE + Head.FLAGS] & (Head.REMOVED | Field.HOP_BY_HOP)) == 0;
  }

  /** Path and query, lying in the head. */
  public static AsciiString path(RequestHead head) {
    return new AsciiString(head.bytes, head.pathOffset(), head.pathLength(), false);
  }

  /** The authority, lying in the head. */
  public static AsciiString authority(RequestHead head) {
    return new AsciiString(head.bytes, head.authorityOffset(), head.authorityLength(), false);
  }

  /** The method, lying in the head. */
  public static AsciiString method(RequestHead head) {
    return new AsciiString(
        head.bytes, head.methodOffset(), head.methodEnd() - head.methodOffset(), false);
  }
}
