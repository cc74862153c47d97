package io.heddle.proxy.codec;

/**
 * What a parser accepts at most.
 *
 * @param headBytes a head from its first byte to its empty line; 1 KiB to 1 MiB
 * @param headers field lines of a head; 1 to 1,000
 * @param requestLineBytes the request line with its line end; 64 to {@code headBytes}
 * @param chunkExtensionBytes chunk extensions of one message in all; they are dropped; 0 to 64 KiB
 * @param trailerBytes a trailer section; 2 to 1 MiB
 * @param trailers field lines of a trailer section; 0 to 1,000
 * @param interimResponses responses of 1xx before the final one; 0 to 1,000
 */
public record Limits(
    int headBytes,
    int headers,
    int requestLineBytes,
    int chunkExtensionBytes,
    int trailerBytes,
    int trailers,
    int interimResponses) {
  private static final Limits DEFAULTS =
      new Limits(60 << 10, 100, 60 << 10, 4 << 10, 60 << 10, 100, 16);

  /** Checks the ranges. */
  public Limits {
    check("headBytes", headBytes, 1 << 10, 1 << 20);
    check("headers", headers, 1, 1_000);
    check("requestLineBytes", requestLineBytes, 64, headBytes);
    check("chunkExtensionBytes", chunkExtensionBytes, 0, 64 << 10);
    check("trailerBytes", trailerBytes, 2, 1 << 20);
    check("trailers", trailers, 0, 1_000);
    check("interimResponses", interimResponses, 0, 1_000);
  }

  /** Envoy's defaults where it has some: 60 KiB and 100 lines a head. */
  public static Limits defaults() {
    return DEFAULTS;
  }

  /** The same with other limits on heads, and on trailers, which follow them. */
  public Limits withHead(int bytes, int lines) {
    return new Limits(bytes, lines, bytes, chunkExtensionBytes, bytes, lines, interimResponses);
  }

  private static void check(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }
}
