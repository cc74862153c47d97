package io.heddle.xds.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusDiscoveryServiceGrpc.ClientStatusDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * CSDS: what connected proxies hold, for whoever asks. Nothing waits: the shards say what they
 * know, and the last of them answers.
 */
final class ClientStatusService extends ClientStatusDiscoveryServiceImplBase {
  private static final int PATIENCE_SECONDS = 10;

  private final List<Shard> shards;
  private final int maxBytes;
  private volatile OtherClients others = OtherClients.NONE;

  ClientStatusService(List<Shard> shards, Limits.Reports limits) {
    this.shards = shards;
    this.maxBytes = limits.maxStatusBytes();
  }

  void besides(OtherClients clients) {
    others = clients;
  }

  @Override
  public void fetchClientStatus(
      ClientStatusRequest request, StreamObserver<ClientStatusResponse> answers) {
    answer(
        request,
        (response, failure) -> {
          if (failure == null) {
            answers.onNext(response);
            answers.onCompleted();
          } else {
            answers.onError(reason(failure));
          }
        });
  }

  @Override
  public StreamObserver<ClientStatusRequest> streamClientStatus(
      StreamObserver<ClientStatusResponse> answers) {
    return new Questions((ServerCallStreamObserver<ClientStatusResponse>) answers);
  }

  /** One stream of questions: the next is read once the one before is answered and taken. */
  private final class Questions implements StreamObserver<ClientStatusRequest> {
    private final ServerCallStreamObserver<ClientStatusResponse> answers;

    @GuardedBy("this")
    private boolean answering;

    @GuardedBy("this")
    private boolean asked = true;

    @GuardedBy("this")
    private boolean noMore;

    Questions(ServerCallStreamObserver<ClientStatusResponse> answers) {
      this.answers = answers;
      answers.disableAutoRequest();
      answers.setOnCancelHandler(() -> {});
      answers.setOnReadyHandler(this::readNext);
      answers.request(1);
    }

    @Override
    public void onNext(ClientStatusRequest request) {
      synchronized (this) {
        answering = true;
        asked = false;
      }
      answer(request, this::send);
    }

    private synchronized void send(
        @Nullable ClientStatusResponse response, @Nullable Throwable failure) {
      answering = false;
      if (failure != null) {
        noMore = true;
        answers.onError(reason(failure));
      } else if (response != null) {
        answers.onNext(response);
        // While that was sent, the next question may have come.
        if (noMore && !answering) {
          answers.onCompleted();
        } else {
          readNext();
        }
      }
    }

    private synchronized void readNext() {
      if (!answering && !asked && !noMore && answers.isReady()) {
        asked = true;
        answers.request(1);
      }
    }

    @Override
    public synchronized void onError(Throwable failure) {
      noMore = true;
    }

    @Override
    public synchronized void onCompleted() {
      noMore = true;
      if (!answering) {
        answers.onCompleted();
      }
    }
  }

  /** Calls back, on any thread, with the answer or why there is none. */
  @SuppressWarnings("FutureReturnValueIgnored") // a failure is what the taker is called with
  private void answer(
      ClientStatusRequest request,
      BiConsumer<@Nullable ClientStatusResponse, @Nullable Throwable> taker) {
    own(request)
        .thenCompose(own ->
            others.find(request).thenApply(more -> own.toBuilder().addAllConfig(more).build()))
        .whenComplete(taker);
  }

  /** Of the clients of this server. */
  CompletableFuture<ClientStatusResponse> own(ClientStatusRequest request) {
    NodeFilter filter;
    try {
      filter = NodeFilter.parse(request.getNodeMatchersList());
    } catch (StatusRuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    AtomicInteger left = new AtomicInteger(maxBytes);
    ClientConfigs configs =
        new ClientConfigs(
            !request.getExcludeResourceContents(), bytes -> left.addAndGet(-bytes) >= 0);
    CompletableFuture<ClientStatusResponse.Builder> answer =
        CompletableFuture.completedFuture(ClientStatusResponse.newBuilder());
    for (Shard shard : shards) {
      CompletableFuture<List<ClientConfig>> part = new CompletableFuture<>();
      shard.execute(() -> {
        try {
          part.complete(of(shard, filter, configs));
        } catch (RuntimeException e) {
          part.completeExceptionally(e);
        }
      });
      answer =
          answer.thenCombine(
              part.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS),
              ClientStatusResponse.Builder::addAllConfig);
    }
    return answer.thenApply(ClientStatusResponse.Builder::build);
  }

  private List<ClientConfig> of(Shard shard, NodeFilter filter, ClientConfigs configs) {
    List<ClientConfig> found = new ArrayList<>();
    for (List<StreamState> streams : SyncView.byNode(shard)) {
      if (filter.matches(streams.getFirst().info().node())) {
        ClientConfig config = configs.of(streams);
        if (config == null) {
          throw Status.RESOURCE_EXHAUSTED
              .withDescription(
                  ("status: more than %d bytes (expected: node_matchers that take fewer nodes, or"
                          + " exclude_resource_contents)")
                      .formatted(maxBytes))
              .asRuntimeException();
        }
        found.add(config);
      }
    }
    return found;
  }

  private static StatusRuntimeException reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case StatusRuntimeException status -> status;
      case TimeoutException timeout ->
          Status.UNAVAILABLE
              .withDescription("no answer within " + PATIENCE_SECONDS + " s")
              .asRuntimeException();
      default ->
          Status.INTERNAL
              .withDescription("a fault of the server")
              .withCause(cause)
              .asRuntimeException();
    };
  }
}
