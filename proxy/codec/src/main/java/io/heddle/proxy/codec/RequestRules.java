package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/** What a whole request head must keep beyond its lines: Host, Connection, Upgrade, Expect. */
final class RequestRules {
  private static final byte[] H2C = Field.ascii("h2c");
  private static final byte[] TRAILERS = Field.ascii("trailers");
  private static final byte[] CONTINUE = Field.ascii("100-continue");

  private RequestRules() {}

  /** What is wrong, or null. */
  static @Nullable Violation check(RequestHead head) {
    Violation violation = host(head);
    if (violation != null) {
      return violation;
    }
    violation = HopByHop.strip(head);
    if (violation != null) {
      return violation;
    }
    head.keepAlive =
        (head.options & HopByHop.CLOSE) == 0
            && (head.version == HttpVersion.HTTP_1_1 || (head.options & HopByHop.KEEP_ALIVE) != 0);
    if ((head.options & HopByHop.UPGRADE) != 0 && head.version == HttpVersion.HTTP_1_1) {
      upgrade(head);
    }
    if ((head.seen & Field.TE) != 0) {
      te(head);
    }
    return (head.seen & Field.EXPECT) == 0 ? null : expect(head);
  }

  /** RFC 9112, 3.2: exactly one Host in HTTP/1.1, and the same as the target's authority. */
  private static @Nullable Violation host(RequestHead head) {
    if ((head.repeated & Field.HOST) != 0) {
      return Violation.HOST_REPEATED;
    }
    if ((head.seen & Field.HOST) == 0) {
      return head.version == HttpVersion.HTTP_1_1 ? Violation.HOST_MISSING : null;
    }
    int line = head.lineOf(Field.HOST, 0);
    int at = line * Head.STRIDE;
    int from = head.table[at + Head.VALUE];
    int to = head.table[at + Head.VALUE_END];
    Violation violation = Authority.check(head.bytes, from, to);
    if (violation != null) {
      return violation;
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
        : Violation.HOST_MISMATCH;
  }

  private static void upgrade(RequestHead head) {
    int line = head.lineOf(Field.UPGRADE, 0);
    if (line < 0) {
      return;
    }
    int at = line * Head.STRIDE;
    Tokens protocols =
        new Tokens(head.bytes, head.table[at + Head.VALUE], head.table[at + Head.VALUE_END]);
    while (protocols.advance()) {
      if (!protocols.is(H2C)) {
        // The first protocol that is not h2c is the one offered on; h2c only by prior knowledge.
        head.upgrade = protocols.from;
        head.upgradeEnd = protocols.to;
        return;
      }
    }
  }

  private static void te(RequestHead head) {
    for (int line = head.lineOf(Field.TE, 0); line >= 0; line = head.lineOf(Field.TE, line + 1)) {
      int at = line * Head.STRIDE;
      Tokens codings =
          new Tokens(head.bytes, head.table[at + Head.VALUE], head.table[at + Head.VALUE_END]);
      while (codings.advance()) {
        head.teTrailers |= codings.is(TRAILERS);
      }
    }
  }

  private static @Nullable Violation expect(RequestHead head) {
    if ((head.repeated & Field.EXPECT) != 0) {
      return Violation.EXPECTATION;
    }
    int at = head.lineOf(Field.EXPECT, 0) * Head.STRIDE;
    if (!Tokens.sameIgnoringCase(
        head.bytes, head.table[at + Head.VALUE], head.table[at + Head.VALUE_END], CONTINUE)) {
      return Violation.EXPECTATION;
    }
    // A client of HTTP/1.0 cannot take an interim response (RFC 9110, 10.1.1).
    head.expectsContinue = head.version == HttpVersion.HTTP_1_1;
    return null;
  }
}
