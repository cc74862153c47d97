package io.heddle.control.app.ratelimit;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * How a proxy asks for a lease: a call with {@code x-heddle-lease: N} would take N more hits of
 * each of its descriptors, to admit requests by itself. The answer's own {@code x-heddle-lease} is
 * for how many milliseconds leases hold; what was given stands in {@code quota} of each
 * descriptor's status.
 */
final class LeaseCalls implements ServerInterceptor {
  private static final Metadata.Key<String> LEASE =
      Metadata.Key.of("x-heddle-lease", Metadata.ASCII_STRING_MARSHALLER);

  /** What the call under way wants; none for a client that knows no leases. */
  static final Context.Key<Long> WANTED = Context.keyWithDefault("heddle-lease", -1L);

  private static final long MOST = 1_000_000;

  /** How long leases hold. */
  static final long MILLIS = 100;

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String wanted = headers.get(LEASE);
    if (wanted == null) {
      return next.startCall(call, headers);
    }
    ServerCall<Q, R> telling =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendHeaders(Metadata answer) {
            answer.put(LEASE, Long.toString(MILLIS));
            super.sendHeaders(answer);
          }
        };
    return Contexts.interceptCall(
        Context.current().withValue(WANTED, number(wanted)), telling, headers, next);
  }

  private static long number(String text) {
    try {
      return Math.clamp(Long.parseLong(text), 0, MOST);
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
