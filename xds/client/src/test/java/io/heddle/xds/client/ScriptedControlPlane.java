package io.heddle.xds.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;

/** A control plane in this process that does what the test tells it, on the test's thread. */
final class ScriptedControlPlane implements ChannelSource {
  private final String name = UUID.randomUUID().toString();
  private Server server;

  final List<Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>> delta = new ArrayList<>();
  final List<Stream<DiscoveryRequest, DiscoveryResponse>> sotw = new ArrayList<>();
  final List<Duration> keepAlives = new ArrayList<>();

  ScriptedControlPlane() throws IOException {
    this.server = startServer();
  }

  /** One stream as the server sees it. */
  static final class Stream<Q extends Message, R> implements StreamObserver<Q> {
    final List<Q> requests = new ArrayList<>();
    final StreamObserver<R> responses;
    boolean closed;

    Stream(StreamObserver<R> responses) {
      this.responses = responses;
    }

    /** As it would be read from the wire, which a channel within the process spares. */
    @Override
    @SuppressWarnings("unchecked")
    public void onNext(Q request) {
      try {
        requests.add((Q) request.getParserForType().parseFrom(request.toByteString()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("a request that cannot be read again", e);
      }
    }

    @Override
    public void onError(Throwable error) {
      closed = true;
    }

    @Override
    public void onCompleted() {
      closed = true;
    }

    void breakOff() {
      if (!closed) {
        closed = true;
        responses.onError(Status.UNAVAILABLE.asRuntimeException());
      }
    }

    void breakOff(Status status) {
      closed = true;
      responses.onError(status.asRuntimeException());
    }

    Q last() {
      return requests.getLast();
    }
  }

  private Server startServer() throws IOException {
    return InProcessServerBuilder.forName(name)
        .directExecutor()
        .addService(
            new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
              @Override
              public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                  StreamObserver<DeltaDiscoveryResponse> out) {
                Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> stream = new Stream<>(out);
                delta.add(stream);
                return stream;
              }

              @Override
              public StreamObserver<DiscoveryRequest> streamAggregatedResources(
                  StreamObserver<DiscoveryResponse> out) {
                Stream<DiscoveryRequest, DiscoveryResponse> stream = new Stream<>(out);
                sotw.add(stream);
                return stream;
              }
            })
        .build()
        .start();
  }

  void goAway() {
    for (Stream<?, ?> stream : delta) {
      stream.breakOff();
    }
    for (Stream<?, ?> stream : sotw) {
      stream.breakOff();
    }
    server.shutdownNow();
  }

  void comeBack() throws IOException {
    server = startServer();
  }

  @Override
  public void prepare() {}

  @Override
  public ManagedChannel open(
      String target, String authority, Duration keepAlive, Executor executor) {
    keepAlives.add(keepAlive);
    return InProcessChannelBuilder.forName(name).executor(executor).build();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
