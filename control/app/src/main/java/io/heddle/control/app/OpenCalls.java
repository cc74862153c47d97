package io.heddle.control.app;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Iterator;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The streams of one of several control planes, which can be sent to the others. Bounds how many
 * are opened in a second, so that many that come at once come one after the other. For any thread.
 */
final class OpenCalls implements ServerInterceptor {
  private final RateLimit connects;
  private final AtomicLong last = new AtomicLong();

  /** In the order in which they were opened. */
  private final ConcurrentSkipListMap<Long, EndableCall<?, ?>> open = new ConcurrentSkipListMap<>();

  OpenCalls(RateLimit connects) {
    this.connects = connects;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      return next.startCall(call, headers);
    }
    if (!connects.admits("streams")) {
      call.close(
          Status.UNAVAILABLE.withDescription(
              "too many streams are opened at once; try again, here or at another control plane"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    long number = last.incrementAndGet();
    EndableCall<Q, R> endable = new EndableCall<>(call);
    open.put(number, endable);
    return endable.listener(next.startCall(endable, headers), () -> open.remove(number));
  }

  int size() {
    return open.size();
  }

  /** Ends so many streams, the oldest first; how many that were. */
  int shed(int most, String why) {
    int ended = 0;
    Iterator<EndableCall<?, ?>> calls = open.values().iterator();
    while (ended < most && calls.hasNext()) {
      calls.next().end(Status.UNAVAILABLE.withDescription(why));
      calls.remove();
      ended++;
    }
    return ended;
  }
}
