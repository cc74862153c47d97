package io.heddle.proxy.filters.harness;

import com.google.protobuf.MessageLite;
import io.heddle.proxy.api.GrpcClient;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Streams that the test watches, and ends. Safe on every thread. */
public final class FakeGrpcClient implements GrpcClient {
  private final List<FakeStream> streams = new CopyOnWriteArrayList<>();
  private volatile boolean ready = true;

  /** No stream yet; each will be ready at once. */
  public FakeGrpcClient() {}

  /** Whether streams take messages. */
  public void ready(boolean value) {
    ready = value;
  }

  /** All streams, the last one last. */
  public List<FakeStream> streams() {
    return streams;
  }

  @Override
  public Stream open(Target target, String method, Listener listener) {
    FakeStream stream = new FakeStream(target, method, listener);
    streams.add(stream);
    return stream;
  }

  /** One stream. */
  public final class FakeStream implements Stream {
    private final Target target;
    private final String method;
    private final Listener listener;
    private final List<MessageLite> sent = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    FakeStream(Target target, String method, Listener listener) {
      this.target = target;
      this.method = method;
      this.listener = listener;
    }

    /** Whom it goes to. */
    public Target target() {
      return target;
    }

    /** What it calls. */
    public String method() {
      return method;
    }

    /** What was sent. */
    public List<MessageLite> sent() {
      return sent;
    }

    /** Whether the caller closed it. */
    public boolean closed() {
      return closed;
    }

    /** The service, or the way to it, ends the stream. */
    public void fail(int status) {
      listener.onClosed(status, "test");
    }

    @Override
    public boolean ready() {
      return ready;
    }

    @Override
    public void send(MessageLite message) {
      sent.add(message);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
