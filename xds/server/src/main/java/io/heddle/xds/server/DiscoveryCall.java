package io.heddle.xds.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call: hands what comes on the transport's thread to the shard of the stream.
 *
 * <p>The first request says the node and thereby the shard. {@code bound} is set on the transport's
 * thread, of which a call has one at a time; {@code stream} belongs to the shard's.
 */
final class DiscoveryCall extends ServerCall.Listener<Request> implements StreamState.Outbound {
  private final XdsServer server;
  private final ServerCall<Request, Response> call;
  private final @Nullable ResourceType type;
  private final boolean delta;

  private @Nullable Shard bound;
  private @Nullable StreamState stream;

  private DiscoveryCall(
      XdsServer server,
      ServerCall<Request, Response> call,
      @Nullable ResourceType type,
      boolean delta) {
    this.server = server;
    this.call = call;
    this.type = type;
    this.delta = delta;
  }

  static DiscoveryCall start(
      XdsServer server,
      ServerCall<Request, Response> call,
      @Nullable ResourceType type,
      boolean delta) {
    call.sendHeaders(new Metadata());
    call.request(1);
    return new DiscoveryCall(server, call, type, delta);
  }

  @Override
  public void onMessage(Request request) {
    Shard shard = bound;
    if (shard == null) {
      if (request instanceof Request.Refused(Status status)) {
        call.close(status, new Metadata());
        return;
      }
      NodeInfo node = nodeOf(request);
      Optional<String> refusal = server.admission().refusal(node);
      if (refusal.isPresent()) {
        call.close(Status.PERMISSION_DENIED.withDescription(refusal.get()), new Metadata());
        return;
      }
      ProxyStream info = server.describe(node, Optional.ofNullable(type), delta);
      shard = server.shardOf(info);
      bound = shard;
      Shard owner = shard;
      shard.execute(() -> stream = owner.open(info, this, server.noncePrefix(info)));
    }
    onShard(s -> s.onRequest(request));
  }

  private static NodeInfo nodeOf(Request request) {
    NodeInfo node =
        switch (request) {
          case Request.Sotw sotw -> sotw.common().node();
          case Request.Delta d -> d.common().node();
          case Request.Refused r -> null;
        };
    return node == null ? new NodeInfo("", "", Map.of(), "") : node;
  }

  @Override
  public void onReady() {
    onShard(StreamState::onReady);
  }

  @Override
  public void onHalfClose() {
    if (bound == null) {
      call.close(Status.OK, new Metadata());
    } else {
      onShard(s -> s.end(Status.OK));
    }
  }

  @Override
  public void onCancel() {
    onShard(StreamState::onClosed);
  }

  @Override
  public void onComplete() {
    onShard(StreamState::onClosed);
  }

  private void onShard(Consumer<StreamState> task) {
    Shard shard = bound;
    if (shard != null) {
      shard.execute(() -> {
        StreamState s = stream;
        if (s != null) {
          shard.guard(List.of(s), () -> task.accept(s));
        }
      });
    }
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(Response response) {
    call.sendMessage(response);
  }

  @Override
  public void close(Status status) {
    call.close(status, new Metadata());
  }

  @Override
  public void requestNext() {
    call.request(1);
  }
}
