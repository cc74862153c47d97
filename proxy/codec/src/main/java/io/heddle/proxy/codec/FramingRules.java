package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/**
 * Decides where a message ends (RFC 9112, 6.3, and ADR 3). Stateless. Open to subclasses in tests
 * only, which plant a fault here to show that the fuzzers find it.
 */
class FramingRules {
  private static final byte[] CHUNKED = Field.ascii("chunked");
  private static final int MAX_SIZE_DIGITS = 16;

  /** What is wrong with a request's framing, or null once {@code body} is set. */
  final @Nullable Violation request(Head head, HttpVersion version, BodyReader body) {
    Violation violation = fields(head, version);
    if (violation != null) {
      return violation;
    }
    if ((head.seen & Field.TRANSFER_ENCODING) != 0) {
      body.begin(Framing.CHUNKED, -1);
    } else if ((head.seen & Field.CONTENT_LENGTH) != 0) {
      body.begin(Framing.LENGTH, head.contentLength());
    } else {
      body.begin(Framing.NONE, -1);
    }
    return null;
  }

  /**
   * What is wrong with a response's framing, or null once {@code body} is set.
   *
   * @param bodiless whether the request was HEAD
   * @param tunnel whether the request was CONNECT, or asked for an upgrade and this is a 101
   */
  final @Nullable Violation response(
      Head head,
      HttpVersion version,
      int status,
      boolean bodiless,
      boolean tunnel,
      BodyReader body) {
    Violation violation = fields(head, version);
    if (violation != null) {
      return violation;
    }
    boolean coded = (head.seen & Field.TRANSFER_ENCODING) != 0;
    boolean sized = (head.seen & Field.CONTENT_LENGTH) != 0;
    if (status < 200 || status == 204) {
      if (coded || (sized && head.contentLength() != 0)) {
        return Violation.BODY_FORBIDDEN;
      }
      dropLength(head);
      body.begin(tunnel ? Framing.UNTIL_CLOSE : Framing.NONE, -1);
    } else if (tunnel && status < 300) {
      if (coded || sized) {
        return Violation.BODY_FORBIDDEN;
      }
      body.begin(Framing.UNTIL_CLOSE, -1);
    } else if (bodiless || status == 304) {
      body.begin(Framing.NONE, -1);
    } else if (coded) {
      body.begin(Framing.CHUNKED, -1);
    } else if (sized) {
      body.begin(Framing.LENGTH, head.contentLength());
    } else {
      body.begin(Framing.UNTIL_CLOSE, -1);
    }
    return null;
  }

  private @Nullable Violation fields(Head head, HttpVersion version) {
    int seen = head.seen;
    if ((seen & (Field.CONTENT_LENGTH | Field.TRANSFER_ENCODING)) == 0) {
      return null;
    }
    if (conflicting(seen)) {
      return Violation.LENGTH_AND_CODING;
    }
    if ((head.repeated & Field.CONTENT_LENGTH) != 0) {
      return Violation.LENGTH_REPEATED;
    }
    if ((head.repeated & Field.TRANSFER_ENCODING) != 0) {
      return Violation.CODING_REPEATED;
    }
    if ((seen & Field.CONTENT_LENGTH) != 0) {
      return length(head);
    }
    return version == HttpVersion.HTTP_1_0 ? Violation.CODING_IN_HTTP_1_0 : coding(head);
  }

  /** Whether both Content-Length and Transfer-Encoding are there. */
  boolean conflicting(int seen) {
    return (seen & Field.CONTENT_LENGTH) != 0 && (seen & Field.TRANSFER_ENCODING) != 0;
  }

  private static @Nullable Violation length(Head head) {
    int at = head.lineOf(Field.CONTENT_LENGTH, 0) * Head.STRIDE;
    int from = head.table[at + Head.VALUE];
    int to = head.table[at + Head.VALUE_END];
    long value = Numbers.decimal(head.bytes, from, to);
    if (value >= 0) {
      return null;
    }
    if (value == Numbers.OVERFLOW) {
      return Violation.LENGTH_OVERFLOW;
    }
    for (int i = from; i < to; i++) {
      if (head.bytes[i] == ',') {
        return Violation.LENGTH_REPEATED;
      }
    }
    return Violation.LENGTH_INVALID;
  }

  private static @Nullable Violation coding(Head head) {
    int at = head.lineOf(Field.TRANSFER_ENCODING, 0) * Head.STRIDE;
    int from = head.table[at + Head.VALUE];
    int to = head.table[at + Head.VALUE_END];
    if (Tokens.sameIgnoringCase(head.bytes, from, to, CHUNKED)) {
      return null;
    }
    int last = to;
    while (last > from && head.bytes[last - 1] != ',') {
      last--;
    }
    while (last < to && Chars.blank(head.bytes[last])) {
      last++;
    }
    return Tokens.sameIgnoringCase(head.bytes, last, to, CHUNKED)
        ? Violation.CODING_UNSUPPORTED
        : Violation.CODING_NOT_CHUNKED;
  }

  private static void dropLength(Head head) {
    int line = head.lineOf(Field.CONTENT_LENGTH, 0);
    if (line >= 0) {
      head.removeLine(line);
    }
  }

  /** The chunk size with one more digit, or -1 where it does not fit. */
  long nextChunkSize(long size, int digits, int digit) {
    return digits >= MAX_SIZE_DIGITS || size > Long.MAX_VALUE >> 4 ? -1 : size << 4 | digit;
  }
}
