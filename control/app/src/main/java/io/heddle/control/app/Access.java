package io.heddle.control.app;

import java.util.Locale;
import java.util.Optional;

/** Finds out who a caller is, and whether it asks too often. For any thread. */
final class Access {
  private static final String SCHEME = "bearer ";

  /** Who it is, or why it is not let in. */
  sealed interface Answer {}

  record Granted(Caller caller) implements Answer {}

  /**
   * @param status 401 or 429
   */
  record Refused(int status, String message) implements Answer {}

  private final boolean open;
  private final Tokens tokens;
  private final RateLimit calls;
  private final RateLimit failures;

  /**
   * @param open whether whoever reaches the port without a token may do everything
   * @param calls bounds each caller
   * @param failures bounds the wrong tokens of each address
   */
  Access(boolean open, Tokens tokens, RateLimit calls, RateLimit failures) {
    this.open = open;
    this.tokens = tokens;
    this.calls = calls;
    this.failures = failures;
  }

  /**
   * @param authorization the header of that name, empty where there is none
   * @param address where the request comes from
   */
  Answer of(String authorization, String address) {
    if (authorization.isEmpty()) {
      return open
          ? bounded(new Caller("loopback", Role.OPERATE, address))
          : refused(address, "no token (expected: a header authorization: Bearer TOKEN)");
    }
    // A token that is there counts, also where none is asked for.
    Optional<Token> token = bearer(authorization).flatMap(tokens::of);
    return token.isPresent()
        ? bounded(new Caller(token.get().name(), token.get().role(), address))
        : refused(address, "the token is unknown, or was revoked (expected: one that is not)");
  }

  /** The secret in an {@code authorization} header. */
  static Optional<String> bearer(String authorization) {
    return authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)
        ? Optional.of(authorization.substring(SCHEME.length()).strip())
        : Optional.empty();
  }

  private Answer bounded(Caller caller) {
    return calls.admits(caller.who())
        ? new Granted(caller)
        : new Refused(429, "too many requests of " + caller.who() + " (expected: fewer a second)");
  }

  private Answer refused(String address, String message) {
    return failures.admits(address)
        ? new Refused(401, message)
        : new Refused(429, "too many requests without a right token (expected: fewer a second)");
  }
}
