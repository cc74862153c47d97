package io.heddle.control.app;

import java.time.Instant;

/**
 * A right to call, by a secret that only its holder knows.
 *
 * @param name 1 to 63 characters, unique
 * @param service whose proxy it is: {@code NAMESPACE/SERVICE}, or {@code gateway/NAMESPACE/NAME};
 *     empty unless the role is {@link Role#PROXY}
 * @param hash the SHA-256 of the secret in hexadecimal digits. The secret is 256 random bits, so
 *     that nothing slower is needed
 */
record Token(String name, Role role, String service, String hash, Instant created) {
  Token {
    if (!name.matches("[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException(
          "name: \"%s\" (expected: 1 to 63 lower-case letters, digits, - and .)"
              .formatted(ApiAnswer.shown(name)));
    }
    boolean named = service.matches("(?:gateway/)?[-a-z0-9.]{1,253}/[-a-z0-9.]{1,253}");
    if (role == Role.PROXY ? !named : !service.isEmpty()) {
      throw new IllegalArgumentException(
          "service: \"%s\" (expected: %s)"
              .formatted(
                  ApiAnswer.shown(service),
                  role == Role.PROXY
                      ? "NAMESPACE/SERVICE or gateway/NAMESPACE/NAME"
                      : "none, as the role is " + role.word()));
    }
    if (!hash.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("hash: (expected: 64 hexadecimal digits)");
    }
  }
}
