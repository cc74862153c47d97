package io.heddle.proxy.api;

import io.netty.util.AsciiString;

/**
 * The name of a header, lower-cased once so that look-ups compare bytes and never allocate.
 *
 * <p>Keep instances in constants. The pseudo-headers {@code :method}, {@code :path}, {@code
 * :authority}, {@code :scheme} and {@code :status} are names too, as in HTTP/2 (RFC 9113, 8.3).
 * Immutable; safe on every thread.
 */
public final class HeaderName {
  /** The longest accepted name, in bytes. */
  public static final int MAX_LENGTH = 256;

  private final AsciiString lower;
  private final int hash;

  private HeaderName(AsciiString lower) {
    this.lower = lower;
    this.hash = lower.hashCode();
  }

  /**
   * A name of token characters (RFC 9110, 5.6.2), in any case, with one leading colon allowed.
   *
   * @throws IllegalArgumentException where a character may not stand in a header's name
   */
  public static HeaderName of(String name) {
    int length = name.length();
    if (length == 0 || length > MAX_LENGTH || name.equals(":")) {
      throw new IllegalArgumentException(
          "header name: \"" + name + "\" (expected: 1 to " + MAX_LENGTH + " token characters)");
    }
    for (int i = 0; i < length; i++) {
      char c = name.charAt(i);
      if (!isToken(c) && !(i == 0 && c == ':')) {
        throw new IllegalArgumentException(
            "header name: \"" + name + "\" (expected: token characters of RFC 9110, 5.6.2)");
      }
    }
    return new HeaderName(AsciiString.of(name).toLowerCase());
  }

  /** Whether this character may stand in a token (RFC 9110, 5.6.2). */
  public static boolean isToken(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }

  /** The lower-cased bytes. */
  public AsciiString ascii() {
    return lower;
  }

  /** Whether this is a pseudo-header, which never goes on the HTTP/1.1 wire as a field. */
  public boolean pseudo() {
    return lower.byteAt(0) == ':';
  }

  @Override
  public boolean equals(Object other) {
    return other == this || (other instanceof HeaderName that && lower.equals(that.lower));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return lower.toString();
  }
}
