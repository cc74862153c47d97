package io.heddle.benchmarks.xds;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.heddle.xds.model.ResourceType;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays many proxies, each on a connection of its own, as cheaply as possible: of a response only
 * type and nonce are read. Says {@code ready} once all have all endpoints, then {@code round}
 * whenever each has received one more response with endpoints.
 *
 * <p>Arguments: {@code delta|sotw PORT STREAMS CLUSTERS}.
 */
public final class FanOutClient {
  private static final int TYPE_URL = 4;
  private static final int NONCE = 5;
  private static final int MAX_RESPONSE = 64 << 20;

  private final boolean delta;
  private final int streams;
  private final List<String> names = new ArrayList<>();
  private final AtomicInteger received = new AtomicInteger();

  private FanOutClient(boolean delta, int streams, int clusters) {
    this.delta = delta;
    this.streams = streams;
    for (int i = 0; i < clusters; i++) {
      names.add(FanOut.name(i));
    }
  }

  /** Runs until it is ended. */
  public static void main(String[] args) throws InterruptedException {
    FanOutClient client =
        new FanOutClient(
            args[0].equals("delta"), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    // Held on to, as gRPC ends channels that nobody refers to.
    List<ManagedChannel> channels = new ArrayList<>();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    for (int i = 0; i < client.streams; i++) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[1]))
              .eventLoopGroup(loop)
              .channelType(NioSocketChannel.class)
              .usePlaintext()
              .directExecutor()
              .maxInboundMessageSize(MAX_RESPONSE)
              .build();
      channels.add(channel);
      client.open(channel, "proxy-" + i);
    }
    loop.terminationFuture().await();
    channels.forEach(ManagedChannel::shutdownNow);
  }

  private void open(ManagedChannel channel, String node) {
    MethodDescriptor<?, ?> method =
        delta
            ? AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod()
            : AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    ClientCall<byte[], byte[]> call =
        channel.newCall(method.toBuilder(new Bytes(), new Bytes()).build(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            call.request(1);
            answer(call, message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            System.err.println(node + " ended: " + status);
          }
        },
        new Metadata());
    call.request(1);
    Node self = Node.newBuilder().setId(node).build();
    call.sendMessage(request(ResourceType.CLUSTER, self, "", List.of()));
    call.sendMessage(request(ResourceType.ENDPOINTS, Node.getDefaultInstance(), "", names));
  }

  private void answer(ClientCall<byte[], byte[]> call, byte[] message) {
    String type = "";
    String nonce = "";
    CodedInputStream in = CodedInputStream.newInstance(message);
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case TYPE_URL -> type = in.readString();
          case NONCE -> nonce = in.readString();
          default -> in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    boolean endpoints = type.equals(ResourceType.ENDPOINTS.typeUrl());
    if (endpoints) {
      int count = received.incrementAndGet();
      if (count % streams == 0) {
        System.out.println(count == streams ? "ready" : "round");
      }
    }
    call.sendMessage(
        request(
            endpoints ? ResourceType.ENDPOINTS : ResourceType.CLUSTER,
            Node.getDefaultInstance(),
            nonce,
            endpoints && !delta ? names : List.of()));
  }

  private byte[] request(ResourceType type, Node node, String nonce, List<String> subscribed) {
    if (delta) {
      DeltaDiscoveryRequest.Builder request =
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(type.typeUrl())
              .setResponseNonce(nonce)
              .addAllResourceNamesSubscribe(subscribed);
      return (node.getId().isEmpty() ? request : request.setNode(node)).build().toByteArray();
    }
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setResponseNonce(nonce)
            .addAllResourceNames(subscribed);
    return (node.getId().isEmpty() ? request : request.setNode(node)).build().toByteArray();
  }

  /** Messages as they are. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
