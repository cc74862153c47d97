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
import org.jspecify.annotations.Nullable;

/**
 * CSDS: what connected proxies hold, for whoever asks. Nothing waits: the shards say what they
 * know, and the last of them answers.
 */
final class ClientStatusService extends ClientStatusDiscoveryServiceImplBase {
  private static final int PATIENCE_SECONDS = 10;

  private final List<Shard> shards;
  private final int maxBytes;

  ClientStatusService(List<Shard> shards, Limits.Reports limits) {
    this.shards = shards;
    this.maxBytes = limits.maxStatusBytes();
  }

  @Override
  public void fetchClientStatus(
      ClientStatusRequest request, StreamObserver<ClientStatusResponse> answers) {
    answer(request)
        .whenComplete((response, failure) -> {
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
      answer(request).whenComplete(this::send);
    }

    private synchronized void send(
        @Nullable ClientStatusResponse response, @Nullable Throwable failure) {
      answering = false;
      if (failure != null) {
        noMore = true;
        answers.onError(reason(failure));
      } else if (response != null) {
        answers.onNext(response);
        if (noMore) {
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

  private CompletableFuture<ClientStatusResponse> answer(ClientStatusRequest request) {
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
    List<CompletableFuture<List<ClientConfig>>> parts = new ArrayList<>();
    for (Shard shard : shards) {
      CompletableFuture<List<ClientConfig>> part = new CompletableFuture<>();
      parts.add(part.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS));
      shard.execute(() -> {
        try {
          part.complete(of(shard, filter, configs));
        } catch (RuntimeException e) {
          part.completeExceptionally(e);
        }
      });
    }
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(done -> {
          ClientStatusResponse.Builder response = ClientStatusResponse.newBuilder();
          parts.forEach(part -> response.addAllConfig(part.join()));
          return response.build();
        });
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
