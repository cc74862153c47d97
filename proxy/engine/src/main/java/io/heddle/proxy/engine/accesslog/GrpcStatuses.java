package io.heddle.proxy.engine.accesslog;

import io.heddle.proxy.api.HeaderName;

/** gRPC's statuses where HTTP tells them. */
final class GrpcStatuses {
  static final HeaderName HEADER = HeaderName.of("grpc-status");
  static final int UNKNOWN = 2;

  private GrpcStatuses() {}

  /** What an HTTP status stands for; success stands for OK. */
  static int ofHttp(int status) {
    return switch (status) {
      case 200 -> 0;
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> UNKNOWN;
    };
  }
}
