package io.heddle.proxy.filters.fault;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.xds.model.Fraction;
import java.util.OptionalLong;

/** The headers by which a request asks for its own faults, where the configuration lets it. */
final class FaultHeaders {
  static final HeaderName DOWNSTREAM_NODE = HeaderName.of("x-envoy-downstream-service-node");
  static final HeaderName DELAY = HeaderName.of("x-envoy-fault-delay-request");
  static final HeaderName DELAY_PERCENTAGE =
      HeaderName.of("x-envoy-fault-delay-request-percentage");
  static final HeaderName ABORT = HeaderName.of("x-envoy-fault-abort-request");
  static final HeaderName ABORT_PERCENTAGE =
      HeaderName.of("x-envoy-fault-abort-request-percentage");
  static final HeaderName ABORT_GRPC = HeaderName.of("x-envoy-fault-abort-grpc-request");
  static final HeaderName THROUGHPUT = HeaderName.of("x-envoy-fault-throughput-response");
  static final HeaderName THROUGHPUT_PERCENTAGE =
      HeaderName.of("x-envoy-fault-throughput-response-percentage");

  /** The largest number of 32 bits. */
  static final long UINT32 = 0xffff_ffffL;

  private FaultHeaders() {}

  /** The value as a number of at most {@code max}; empty where it is none. */
  static OptionalLong number(RequestHeaders headers, HeaderName name, long min, long max) {
    String text = headers.first(name).orElse("");
    if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return OptionalLong.empty();
    }
    long value = Long.parseLong(text);
    return value < min || value > max ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** The share that the request asks for, which can only be less than what is configured. */
  static Fraction share(RequestHeaders headers, HeaderName percentage, Fraction configured) {
    OptionalLong asked = number(headers, percentage, 0, Integer.MAX_VALUE);
    return asked.isEmpty()
        ? configured
        : new Fraction(
            Math.min(asked.getAsLong(), configured.numerator()), configured.denominator());
  }
}
