package io.heddle.proxy.app;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.ClientLimits;
import io.heddle.xds.model.BootstrapConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Streams to the hosts of a cluster, each over a channel of its own that goes when the stream does:
 * the next stream takes the next host, as it is known then. Over TLS where a static cluster says
 * so. Safe on every thread.
 */
final class ClusterChannels implements GrpcClient, AutoCloseable {
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  private final BootstrapConfig bootstrap;
  private volatile @Nullable Engine engine;
  private final AtomicInteger turn = new AtomicInteger();
  private @Nullable ChannelSource channels; // Guarded by this; made for the first stream.
  private @Nullable SecuredChannels secured; // Guarded by this.
  private boolean closed; // Guarded by this.

  ClusterChannels(BootstrapConfig bootstrap) {
    this.bootstrap = bootstrap;
  }

  /** Whose clusters streams may go to, beside those of the bootstrap. */
  void use(Engine value) {
    engine = value;
  }

  @Override
  public Stream open(Target target, String method, Listener listener) {
    List<String> hosts = hosts(target.cluster());
    ChannelSource source = source(target.cluster());
    if (hosts.isEmpty() || source == null) {
      listener.onClosed(
          Status.Code.UNAVAILABLE.value(), "cluster " + target.cluster() + " has no host");
      return GrpcClient.NONE.open(target, method, (status, message) -> {});
    }
    String host = hosts.get(Math.floorMod(turn.getAndIncrement(), hosts.size()));
    ManagedChannel channel = source.open(host, KEEP_ALIVE, Runnable::run);
    CallOptions options =
        target.authority().isEmpty()
            ? CallOptions.DEFAULT
            : CallOptions.DEFAULT.withAuthority(target.authority());
    return new ChannelStream(channel, channel.newCall(method(method), options))
        .start(headers(target.metadata()), listener);
  }

  private synchronized @Nullable ChannelSource source(String cluster) {
    ChannelSource made = channels;
    if (made == null && !closed) {
      made = ChannelSource.netty(ClientLimits.DEFAULT);
      channels = made;
    }
    Engine running = engine;
    if (made == null || running == null) {
      return made;
    }
    SecuredChannels over = secured;
    if (over == null) {
      over = new SecuredChannels(bootstrap, running, made);
      secured = over;
    }
    return over.to(cluster);
  }

  /** The static clusters of the bootstrap first: that of the control plane is not the engine's. */
  private List<String> hosts(String cluster) {
    List<String> targets = ControlPlane.targets(bootstrap, cluster);
    if (!targets.isEmpty()) {
      return targets;
    }
    List<String> hosts = new ArrayList<>();
    Engine running = engine;
    for (ClusterView view : running == null ? List.<ClusterView>of() : running.clusters()) {
      if (view.name().equals(cluster)) {
        view.hosts().stream()
            .filter(ClusterView.HostView::healthy)
            .forEach(host -> hosts.add(host.address()));
      }
    }
    return hosts;
  }

  private static Metadata headers(Map<String, String> from) {
    Metadata headers = new Metadata();
    from.forEach((name, value) ->
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    return headers;
  }

  private static MethodDescriptor<MessageLite, byte[]> method(String name) {
    return MethodDescriptor.<MessageLite, byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
        .setFullMethodName(name)
        .setRequestMarshaller(new Requests())
        .setResponseMarshaller(new Responses())
        .build();
  }

  private record Requests() implements MethodDescriptor.Marshaller<MessageLite> {
    @Override
    public InputStream stream(MessageLite message) {
      return new ByteArrayInputStream(message.toByteArray());
    }

    @Override
    public MessageLite parse(InputStream in) {
      throw new UnsupportedOperationException("requests are only sent");
    }
  }

  private record Responses() implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      throw new UnsupportedOperationException("responses only come");
    }

    @Override
    public byte[] parse(InputStream in) {
      try {
        return in.readAllBytes();
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }
  }

  private record ChannelStream(ManagedChannel channel, ClientCall<MessageLite, byte[]> call)
      implements Stream {
    ChannelStream start(Metadata headers, Listener listener) {
      call.start(
          new ClientCall.Listener<byte[]>() {
            @Override
            public void onMessage(byte[] ignored) {
              call.request(1);
            }

            @Override
            public void onReady() {
              listener.onReady();
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              channel.shutdownNow();
              listener.onClosed(status.getCode().value(), String.valueOf(status.getDescription()));
            }
          },
          headers);
      call.request(1);
      return this;
    }

    @Override
    public boolean ready() {
      return call.isReady();
    }

    @Override
    public void send(MessageLite message) {
      call.sendMessage(message);
    }

    @Override
    public void close() {
      call.halfClose();
      channel.shutdown();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (channels != null) {
      channels.close();
      channels = null;
    }
  }
}
