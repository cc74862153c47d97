package io.heddle.proxy.engine.cluster;

import com.google.protobuf.ByteString;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.HttpAsked.Verdict;
import io.heddle.proxy.engine.health.CheckState.Failure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Asks a host over HTTP. Owned by its loop. */
// Identity of an attempt is meant.
@SuppressWarnings("ReferenceEquality")
final class HttpProbe implements HostProbe {
  private final Worker worker;
  private final Cluster connections;
  private final Host host;
  private final HttpAsked asked;
  private final String authority;
  private final Listener listener;
  private @Nullable Attempt attempt;

  /**
   * Nothing is asked yet.
   *
   * @param connections what the host is reached by
   * @param host one of theirs
   */
  HttpProbe(
      Worker worker,
      Cluster connections,
      Host host,
      HttpAsked asked,
      String authority,
      Listener listener) {
    this.worker = worker;
    this.connections = connections;
    this.host = host;
    this.asked = asked;
    this.authority = authority;
    this.listener = listener;
  }

  @Override
  public void ask() {
    Attempt begun = new Attempt();
    attempt = begun;
    connections.acquire(worker, host, begun, RoutingPriority.DEFAULT);
  }

  @Override
  public void giveUp() {
    Attempt open = attempt;
    attempt = null;
    if (open != null) {
      open.abandon();
    }
    // Whatever made it slow, the next one begins anew.
    connections.closeIdle(worker, host);
  }

  @Override
  public void close() {
    giveUp();
  }

  private final class Attempt implements UpstreamStream {
    private @Nullable UpstreamConnection connection;
    private @Nullable ResponseHead head;
    private ByteString body = ByteString.EMPTY;

    @Override
    public void onConnection(UpstreamConnection given) {
      connection = given;
      RequestHead request = worker.heads().request();
      try {
        asked.fill(request, authority, connections.sockets().secure(host.metadata()));
        ByteString sent = asked.body();
        given.sendHead(
            request, sent.isEmpty() ? Framing.NONE : Framing.LENGTH, sent.size(), sent.isEmpty());
        if (!sent.isEmpty()) {
          given.sendData(Unpooled.wrappedBuffer(sent.asReadOnlyByteBuffer()), true);
        }
      } finally {
        request.release();
      }
    }

    @Override
    public String requestName(String header) {
      return authority;
    }

    @Override
    public void onPoolFailure(PoolFailure failure, String detail) {
      lost();
    }

    @Override
    public void onInformational(ResponseHead interim) {
      interim.release();
    }

    @Override
    public void onHead(ResponseHead given, boolean end) {
      head = given;
      Verdict early = asked.early(given, end);
      if (early != null) {
        abandon();
        over(early);
      } else if (end) {
        whole(null);
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      int wanted = Math.min(asked.bodyMost() - body.size(), data.readableBytes());
      if (wanted > 0) {
        byte[] bytes = new byte[wanted];
        data.readBytes(bytes);
        body = body.concat(ByteString.copyFrom(bytes));
      }
      data.release();
      if (end) {
        whole(null);
      }
    }

    @Override
    public void onTrailers(Trailers trailers) {
      try {
        whole(trailers);
      } finally {
        trailers.release();
      }
    }

    private void whole(@Nullable Trailers trailers) {
      ResponseHead got = head;
      connection = null;
      Verdict verdict = got == null ? Verdict.UNWELL : asked.judge(got, body, trailers);
      release();
      over(verdict);
    }

    private void over(Verdict verdict) {
      if (attempt != this) {
        return;
      }
      attempt = null;
      if (verdict.well()) {
        listener.well(verdict.degraded());
      } else {
        listener.unwell(Failure.ACTIVE, verdict.repeatable(), verdict.leaveOut());
      }
    }

    @Override
    public void onReset(UpstreamReset reset) {
      connection = null;
      release();
      lost();
    }

    private void lost() {
      if (attempt == this) {
        attempt = null;
        listener.unwell(Failure.NETWORK, true, false);
      }
    }

    void abandon() {
      UpstreamConnection on = connection;
      connection = null;
      release();
      if (on != null) {
        on.abandon();
      } else {
        connections.cancel(worker, host, this);
      }
    }

    private void release() {
      ResponseHead got = head;
      head = null;
      if (got != null) {
        got.release();
      }
    }

    @Override
    public void onWritable(boolean writable) {
      // The request is short.
    }
  }
}
