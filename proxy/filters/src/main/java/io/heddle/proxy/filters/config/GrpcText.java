package io.heddle.proxy.filters.config;

import java.nio.charset.StandardCharsets;

/**
 * What gRPC says with HTTP's means.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over
 *     HTTP/2</a>
 */
public final class GrpcText {
  private static final String HEX = "0123456789ABCDEF";

  private GrpcText() {}

  /** Whether this {@code content-type} is that of a gRPC message, with or without a format. */
  public static boolean isGrpc(String contentType) {
    return kind(contentType, "application/grpc");
  }

  /** Whether a content type is this one, alone or followed by a format or parameters. */
  public static boolean kind(String contentType, String type) {
    if (!contentType.regionMatches(true, 0, type, 0, type.length())) {
      return false;
    }
    return contentType.length() == type.length()
        || "+; \t".indexOf(contentType.charAt(type.length())) >= 0;
  }

  /** The gRPC status that a client is to take an HTTP status for, without a status of its own. */
  public static int ofHttpStatus(int status) {
    return switch (status) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  /** Text as {@code grpc-message} carries it: printable ASCII but for percent signs. */
  public static String percentEncoded(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      int c = b & 0xff;
      if (c >= ' ' && c <= '~' && c != '%') {
        out.append((char) c);
      } else {
        out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    return out.toString();
  }
}
