package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/**
 * Takes the fields of one connection out of a head (RFC 9110, 7.6.1): those known, and those that
 * {@code Connection} nominates. A field that everyone on the way relies on cannot be nominated away
 * (ADR 3).
 */
final class HopByHop {
  static final int CLOSE = 1;
  static final int KEEP_ALIVE = 1 << 1;
  static final int UPGRADE = 1 << 2;

  private static final int MAX_OPTIONS = 32;

  private static final byte[] N_CLOSE = Field.ascii("close");
  private static final byte[] N_KEEP_ALIVE = Field.ascii("keep-alive");
  private static final byte[] N_UPGRADE = Field.ascii("upgrade");
  private static final byte[][] PROTECTED = {
    Field.ascii("host"),
    Field.ascii("content-length"),
    Field.ascii("transfer-encoding"),
    Field.ascii("authorization"),
    Field.ascii("cookie"),
    Field.ascii("set-cookie"),
    Field.ascii("cache-control"),
    Field.ascii("content-type"),
    Field.ascii("content-encoding"),
    Field.ascii("forwarded"),
    Field.ascii("via"),
    Field.ascii("x-real-ip"),
    Field.ascii("x-request-id"),
    Field.ascii("traceparent")
  };
  private static final byte[][] PROTECTED_PREFIXES = {
    Field.ascii("x-forwarded-"), Field.ascii("x-envoy-")
  };

  private HopByHop() {}

  static @Nullable Violation strip(Head head) {
    if ((head.seen & Field.HOP_BY_HOP) == 0) {
      return null;
    }
    if ((head.seen & Field.CONNECTION) != 0) {
      Violation violation = options(head);
      if (violation != null) {
        return violation;
      }
    }
    for (int i = head.lineOf(Field.HOP_BY_HOP, 0);
        i >= 0;
        i = head.lineOf(Field.HOP_BY_HOP, i + 1)) {
      head.removeLine(i);
    }
    return null;
  }

  private static @Nullable Violation options(Head head) {
    int options = 0;
    for (int line = head.lineOf(Field.CONNECTION, 0);
        line >= 0;
        line = head.lineOf(Field.CONNECTION, line + 1)) {
      int at = line * Head.STRIDE;
      int from = head.table[at + Head.VALUE];
      int to = head.table[at + Head.VALUE_END];
      if (Tokens.sameIgnoringCase(head.bytes, from, to, N_KEEP_ALIVE)) {
        head.options |= KEEP_ALIVE;
        continue;
      }
      Tokens tokens = new Tokens(head.bytes, from, to);
      while (tokens.advance()) {
        if (++options > MAX_OPTIONS) {
          return Violation.CONNECTION_TOO_MANY;
        }
        Violation violation = option(head, tokens);
        if (violation != null) {
          return violation;
        }
      }
    }
    return null;
  }

  private static @Nullable Violation option(Head head, Tokens option) {
    for (int i = option.from; i < option.to; i++) {
      if (Chars.token(head.bytes[i]) == 0) {
        return Violation.CONNECTION_INVALID;
      }
    }
    if (option.is(N_CLOSE)) {
      head.options |= CLOSE;
    } else if (option.is(N_KEEP_ALIVE)) {
      head.options |= KEEP_ALIVE;
    } else if (option.is(N_UPGRADE)) {
      head.options |= UPGRADE;
    } else if (isProtected(option)) {
      return Violation.CONNECTION_PROTECTED;
    } else {
      nominate(head, option);
    }
    return null;
  }

  private static boolean isProtected(Tokens option) {
    for (byte[] name : PROTECTED) {
      if (option.is(name)) {
        return true;
      }
    }
    for (byte[] prefix : PROTECTED_PREFIXES) {
      if (option.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private static void nominate(Head head, Tokens option) {
    int n = option.to - option.from;
    for (int line = 0; line < head.count; line++) {
      int start = head.table[line * Head.STRIDE];
      if (head.table[line * Head.STRIDE + Head.NAME_END] - start == n) {
        int i = 0;
        while (i < n && Chars.lower(head.bytes[option.from + i]) == head.bytes[start + i]) {
          i++;
        }
        if (i == n) {
          head.removeLine(line);
        }
      }
    }
  }
}
