package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.AsyncHttpClient.Failure;
import io.heddle.proxy.api.AsyncHttpClient.Request;
import io.heddle.proxy.api.AsyncHttpClient.ResponseHandler;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.cluster.UpstreamStream;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A call of a filter to a service, through the proxy's own clusters. Owned by the event loop. */
final class AsyncCall extends Deadline implements UpstreamStream, AsyncHttpClient.Call {
  private final Worker worker;
  private final Clusters clusters;
  private final Request request;
  private final ResponseHandler handler;
  private final Consumer<AsyncCall> ended;
  private final Consumer<RuntimeException> handlerFailed;
  private final RequestHead head;
  private final ByteBuf body;
  private @Nullable Cluster cluster;
  private @Nullable Host host;
  private @Nullable UpstreamConnection connection;
  private @Nullable ResponseHead response;
  private @Nullable Trailers trailers;
  private boolean counted;
  private boolean began;
  private boolean done;

  AsyncCall(
      Worker worker,
      Clusters clusters,
      Request request,
      ResponseHandler handler,
      Consumer<AsyncCall> ended,
      Consumer<RuntimeException> handlerFailed) {
    this.worker = worker;
    this.clusters = clusters;
    this.request = request;
    this.handler = handler;
    this.ended = ended;
    this.handlerFailed = handlerFailed;
    this.head = worker.heads().request();
    this.body = worker.allocator().directBuffer(256, Math.max(256, request.maxResponseBytes()));
  }

  void start() {
    try {
      for (Map.Entry<HeaderName, String> header : request.headers().entrySet()) {
        head.set(header.getKey(), header.getValue());
      }
    } catch (IllegalArgumentException notAllowed) {
      finish();
      throw notAllowed;
    }
    worker.wheel().arm(this, request.timeout().toNanos());
    // Never from within send: the caller has not got its Call yet.
    worker.loop().execute(() -> worker.batch(this::attempt));
  }

  private void attempt() {
    if (done) {
      return;
    }
    Cluster to = clusters.get(request.cluster());
    if (to == null) {
      fail(Failure.NO_CLUSTER);
      return;
    }
    to = to.forAttempt(worker);
    cluster = to;
    if (!to.priority(RoutingPriority.DEFAULT).requests().tryAcquire()) {
      fail(Failure.UNAVAILABLE);
      return;
    }
    counted = true;
    Host there = to.choose(worker, worker.balanceContext().request(head));
    if (there == null) {
      fail(Failure.UNAVAILABLE);
      return;
    }
    host = there;
    began = true;
    there.requestBegan();
    to.stats().attemptBegan(worker.stats());
    to.acquire(worker, there, this, RoutingPriority.DEFAULT);
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    Host there = host;
    if (there != null) {
      there.connected();
    }
    int size = request.body().size();
    boolean empty = size == 0;
    boolean bodyExpected =
        !head.methodIs("GET") && !head.methodIs("HEAD") && !head.methodIs("DELETE");
    given.sendHead(head, empty && !bodyExpected ? Framing.NONE : Framing.LENGTH, size, empty);
    if (!empty) {
      given.sendData(Unpooled.wrappedBuffer(request.body().asReadOnlyByteBuffer()), true);
    }
  }

  @Override
  public String requestName(String header) {
    return Forwarding.requestName(head, header);
  }

  @Override
  public void onPoolFailure(PoolFailure reason, String detail) {
    Host there = host;
    if (there != null && reason.ofHost()) {
      there.failed();
    }
    fail(reason.ofHost() ? Failure.CONNECTION : Failure.UNAVAILABLE);
  }

  @Override
  public void onInformational(ResponseHead interim) {
    interim.release();
  }

  @Override
  public void onHead(ResponseHead given, boolean end) {
    response = given;
    Cluster from = cluster;
    if (from != null) {
      from.stats().responded(worker.stats(), given.status());
    }
    Host there = host;
    if (there != null) {
      there.answered(given);
    }
    if (end) {
      succeed();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    boolean tooLarge = body.readableBytes() + data.readableBytes() > request.maxResponseBytes();
    if (!tooLarge) {
      body.writeBytes(data);
    }
    data.release();
    if (tooLarge) {
      fail(Failure.TOO_LARGE);
    } else if (end) {
      succeed();
    }
  }

  @Override
  public void onTrailers(Trailers given) {
    trailers = given;
    succeed();
  }

  @Override
  public void onReset(UpstreamReset reset) {
    connection = null;
    Host there = host;
    if (there != null) {
      there.failed();
    }
    fail(Failure.CONNECTION);
  }

  @Override
  public void onWritable(boolean writable) {
    // The body is whole and bounded; there is nobody to slow down.
  }

  @Override
  protected void expired() {
    Host there = host;
    if (there != null && response == null) {
      there.timedOut();
    }
    fail(Failure.TIMEOUT);
  }

  private void succeed() {
    ResponseHead head = response;
    if (done || head == null) {
      return;
    }
    done = true;
    connection = null;
    try {
      handler.onResponse(head, body, Optional.ofNullable((HeaderMap) trailers));
    } catch (RuntimeException failure) {
      // Nobody else would go on with what waits for this answer.
      handlerFailed.accept(failure);
    } finally {
      finish();
    }
  }

  private void fail(Failure reason) {
    if (done) {
      return;
    }
    giveUp();
    try {
      handler.onFailure(reason);
    } catch (RuntimeException failure) {
      handlerFailed.accept(failure);
    }
  }

  @Override
  public void cancel() {
    if (!done) {
      giveUp();
    }
  }

  private void giveUp() {
    done = true;
    UpstreamConnection on = connection;
    Cluster to = cluster;
    Host there = host;
    connection = null;
    if (on != null) {
      on.abandon();
    } else if (began && to != null && there != null) {
      to.cancel(worker, there, this);
    }
    finish();
  }

  private void finish() {
    done = true;
    worker.wheel().remove(this);
    Cluster to = cluster;
    if (counted && to != null) {
      counted = false;
      to.priority(RoutingPriority.DEFAULT).requests().release();
    }
    Host there = host;
    ResponseHead got = response;
    if (began && to != null && there != null) {
      began = false;
      to.stats().attemptEnded(worker.stats());
      there.requestEnded(got == null ? 0 : got.status(), false);
    }
    head.release();
    body.release();
    if (got != null) {
      got.release();
      response = null;
    }
    Trailers after = trailers;
    if (after != null) {
      after.release();
      trailers = null;
    }
    ended.accept(this);
  }
}
