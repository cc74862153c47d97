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

  /**
   * The secret in an {@code authorization} header: all of it or, of three parts with dots between
   * them, the last. Libraries of gRPC send a token only in the form of a JWT; its other parts are
   * for them, and say nothing here.
   */
  static Optional<String> bearer(String authorization) {
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      return Optional.empty();
    }
    String token = authorization.substring(SCHEME.length()).strip();
    String[] parts = token.split("\\.", -1);
    return Optional.of(parts.length == 3 ? parts[2] : token);
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
