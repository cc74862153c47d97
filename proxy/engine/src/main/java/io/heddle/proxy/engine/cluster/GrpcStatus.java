package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.ResponseHead;
import java.util.Optional;

/** What a response says in the end, where it is one of gRPC that is nothing but its head. */
final class GrpcStatus {
  private static final HeaderName STATUS = HeaderName.of("grpc-status");
  private static final int[] HTTP = {
    200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401
  };

  private GrpcStatus() {}

  /** The status in HTTP, as Envoy translates it. */
  static int asHttp(ResponseHead head) {
    int status = head.status();
    if (status != 200 || !head.contains(STATUS)) {
      return status;
    }
    int said = of(head.first(STATUS));
    return said >= 0 && said < HTTP.length ? HTTP[said] : 500;
  }

  /** The number, or -1. */
  static int of(Optional<String> text) {
    String number = text.orElse("");
    return !number.isEmpty() && number.length() < 4 && number.chars().allMatch(Character::isDigit)
        ? Integer.parseInt(number)
        : -1;
  }
}
