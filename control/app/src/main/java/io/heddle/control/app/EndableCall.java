package io.heddle.control.app;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.locks.ReentrantLock;

/** A call that another thread may end: what is sent to it afterwards is dropped. */
final class EndableCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private boolean ended;

  @GuardedBy("lock")
  private boolean cutShort;

  EndableCall(ServerCall<Q, R> call) {
    super(call);
  }

  /** Ends it, unless it has ended. From any thread. */
  void end(Status status) {
    lock.lock();
    try {
      if (!ended) {
        ended = true;
        cutShort = true;
        super.close(status, new Metadata());
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean cutShort() {
    lock.lock();
    try {
      return cutShort;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What serves the call hears that it was cancelled when it was cut short.
   *
   * @param over is run when the call is over, however it ended
   */
  ServerCall.Listener<Q> listener(ServerCall.Listener<Q> serving, Runnable over) {
    return new SimpleForwardingServerCallListener<>(serving) {
      @Override
      public void onCancel() {
        over.run();
        super.onCancel();
      }

      @Override
      public void onComplete() {
        over.run();
        if (cutShort()) {
          super.onCancel();
        } else {
          super.onComplete();
        }
      }
    };
  }

  @Override
  public void request(int messages) {
    lock.lock();
    try {
      if (!ended) {
        super.request(messages);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void sendHeaders(Metadata headers) {
    lock.lock();
    try {
      if (!ended) {
        super.sendHeaders(headers);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void sendMessage(R message) {
    lock.lock();
    try {
      if (!ended) {
        super.sendMessage(message);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close(Status status, Metadata trailers) {
    lock.lock();
    try {
      if (!ended) {
        ended = true;
        super.close(status, trailers);
      }
    } finally {
      lock.unlock();
    }
  }
}
