package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A local reply in the form that gRPC's clients understand: status 200 and no body, with what went
 * wrong in {@code grpc-status} and {@code grpc-message} of the head, which are trailers thereby
 * (gRPC over HTTP/2, "Trailers-Only"). Statuses are mapped as in gRPC's "HTTP to gRPC status code
 * mapping", which Envoy keeps to. Stateless.
 */
final class GrpcReply {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName STATUS = HeaderName.of("grpc-status");
  private static final HeaderName MESSAGE = HeaderName.of("grpc-message");
  private static final String GRPC = "application/grpc";
  private static final String HEX = "0123456789ABCDEF";

  /** A message is a header field, and no client takes long ones. */
  private static final int LONGEST_MESSAGE = 8 << 10;

  private GrpcReply() {}

  /** Whether who sent this understands nothing else: gRPC, with any codec, and no gRPC-Web. */
  static boolean wanted(RequestHead request) {
    if (!request.contains(CONTENT_TYPE) || request.pathLength() == 0) {
      return false;
    }
    String type = request.first(CONTENT_TYPE).orElse("");
    return type.startsWith(GRPC)
        && (type.length() == GRPC.length() || type.charAt(GRPC.length()) == '+');
  }

  /**
   * The head of a reply that would have had this status and body.
   *
   * @param head started with status 200, with the reply's own headers, of which a {@code
   *     grpc-status} stands
   */
  static void fill(ResponseHead head, int status, byte[] body, boolean headRequest) {
    head.set(CONTENT_TYPE, GRPC);
    head.remove(CONTENT_LENGTH);
    if (!head.contains(STATUS)) {
      head.set(STATUS, Integer.toString(status(status)));
    }
    // A formatted body may end in a line's end, which is no part of the message.
    int length = body.length > 0 && body[body.length - 1] == '\n' ? body.length - 1 : body.length;
    if (length > 0 && !headRequest) {
      head.set(MESSAGE, encoded(Arrays.copyOf(body, length)));
    }
  }

  private static int status(int http) {
    return switch (http) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  /** What a header may not hold is escaped, and so is what would look escaped. */
  private static String encoded(byte[] body) {
    byte[] out = new byte[Math.min(3 * body.length, LONGEST_MESSAGE)];
    int n = 0;
    for (byte b : body) {
      boolean plain = b >= ' ' && b < '~' && b != '%';
      if (n + (plain ? 1 : 3) > out.length) {
        break;
      }
      if (plain) {
        out[n++] = b;
      } else {
        out[n++] = '%';
        out[n++] = (byte) HEX.charAt((b >> 4) & 15);
        out[n++] = (byte) HEX.charAt(b & 15);
      }
    }
    return new String(out, 0, n, StandardCharsets.US_ASCII);
  }
}
