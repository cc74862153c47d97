package io.heddle.benchmarks.xds;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.heddle.xds.model.ResourceType;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Many simulated proxies of one server, each on a connection of its own: all clusters by wildcard,
 * and the endpoints of each by name, as Envoy asks for them. All connections are on one event loop,
 * to which everything but the awaiting methods belongs.
 */
final class Fleet implements AutoCloseable {
  private static final int AT_ONCE = 64;
  private static final long PATIENCE_SECONDS = 240;
  private static final int VERSION_INFO = 1;
  private static final int RESOURCES = 2;
  private static final int TYPE_URL = 4;
  private static final int NONCE = 5;
  private static final int RESOURCE_VERSION = 1;
  private static final int RESOURCE_NAME = 3;

  /** One simulated proxy. */
  private final class Proxy implements ProxyConnection.Listener {
    private final int index;
    private @Nullable ProxyConnection connection;
    private int endpoints;
    private boolean synced;
    private int round;

    Proxy(int index) {
      this.index = index;
    }

    @Override
    public void opened(ProxyConnection opened) {
      connection = opened;
      Node node = Node.newBuilder().setId("proxy-" + index).setCluster("benchmark").build();
      opened.send(
          Wire.merged(
              Wire.subscribe(delta, ResourceType.CLUSTER, node, List.of(), Map.of()),
              clustersHeld()));
      opened.send(endpointsRequest());
      if (resume) {
        done();
      }
    }

    @Override
    public void message(ProxyConnection from, byte[] message) {
      Response response = read(message);
      boolean isEndpoints = response.type.equals(ResourceType.ENDPOINTS.typeUrl());
      from.send(
          Wire.acknowledge(
              delta,
              response.type,
              response.version,
              response.nonce,
              isEndpoints && !delta ? names : List.of()));
      resources += response.count;
      if (isEndpoints) {
        if (!synced) {
          endpoints += response.count;
          if (endpoints >= names.size()) {
            done();
          }
        } else if (response.count > 0 && round < currentRound) {
          round = currentRound;
          times[arrived++] = System.nanoTime() - roundBegan;
          if (arrived == times.length && roundDone != null) {
            roundDone.complete(null);
          }
        }
      }
    }

    private void done() {
      if (!synced) {
        synced = true;
        round = currentRound;
        if (++syncedCount == proxies.size()) {
          allSynced.complete(null);
        } else {
          openNext();
        }
      }
    }

    @Override
    public void closed(ProxyConnection from, String why) {
      bytesOfClosed += from.received();
      if (!closing) {
        IOException failure = new IOException("proxy-" + index + ": " + why);
        allSynced.completeExceptionally(failure);
        CompletableFuture<Void> waiting = roundDone;
        if (waiting != null) {
          waiting.completeExceptionally(failure);
        }
      }
    }
  }

  private static final class Response {
    private String type = "";
    private String version = "";
    private String nonce = "";
    private int count;
  }

  private final EventLoop loop;
  private final InetSocketAddress server;
  private final boolean delta;
  private final List<String> names;
  private final List<Proxy> proxies = new ArrayList<>();
  private final List<Channel> channels = new ArrayList<>();
  private final Map<String, String> clusterVersions = new HashMap<>();
  private final Map<String, String> endpointVersions = new HashMap<>();

  // What every proxy sends at first, encoded once.
  private byte @Nullable [] endpointsRequest;
  private byte @Nullable [] clustersHeld;

  private int nextToOpen;
  private int syncedCount;
  private boolean resume;
  private boolean closing;
  private long resources;
  private long bytesOfClosed;
  private CompletableFuture<Void> allSynced = new CompletableFuture<>();

  private int currentRound;
  private long roundBegan;
  private long[] times = new long[0];
  private int arrived;
  private @Nullable CompletableFuture<Void> roundDone;

  Fleet(EventLoop loop, InetSocketAddress server, boolean delta, int streams, List<String> names) {
    this.loop = loop;
    this.server = server;
    this.delta = delta;
    this.names = names;
    for (int i = 0; i < streams; i++) {
      proxies.add(new Proxy(i));
    }
  }

  int size() {
    return proxies.size();
  }

  /** Opens all, a few at a time, until each holds everything; returns the seconds it took. */
  double open() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    loop.execute(() -> {
      for (int i = 0; i < AT_ONCE; i++) {
        openNext();
      }
    });
    await(allSynced);
    return (System.nanoTime() - begun) / 1e9;
  }

  private void openNext() {
    if (nextToOpen >= proxies.size()) {
      return;
    }
    Proxy proxy = proxies.get(nextToOpen++);
    String method =
        delta
            ? AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod().getFullMethodName()
            : AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod()
                .getFullMethodName();
    new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_LINGER, 0)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channels.add(channel);
                channel.pipeline().addLast(new ProxyConnection(method, proxy));
              }
            })
        .connect(server)
        .addListener(connected -> {
          if (!connected.isSuccess()) {
            allSynced.completeExceptionally(connected.cause());
          }
        });
  }

  private byte[] endpointsRequest() {
    byte[] known = endpointsRequest;
    if (known == null) {
      known = request(ResourceType.ENDPOINTS, names, resume ? endpointVersions : Map.of());
      endpointsRequest = known;
    }
    return known;
  }

  private byte[] clustersHeld() {
    byte[] known = clustersHeld;
    if (known == null) {
      known = resume ? request(ResourceType.CLUSTER, List.of(), clusterVersions) : new byte[0];
      clustersHeld = known;
    }
    return known;
  }

  private byte[] request(ResourceType type, List<String> names, Map<String, String> held) {
    return Wire.subscribe(delta, type, Node.getDefaultInstance(), names, held);
  }

  /** Makes a change and returns for each proxy how many nanoseconds later it came. */
  long[] round(Runnable change) throws IOException, InterruptedException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    CompletableFuture<Void> begun = new CompletableFuture<>();
    loop.execute(() -> {
      currentRound++;
      times = new long[proxies.size()];
      arrived = 0;
      roundDone = done;
      roundBegan = System.nanoTime();
      begun.complete(null);
    });
    await(begun);
    change.run();
    await(done);
    long[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  /** Resources and bytes that have come so far. */
  long[] received() throws IOException, InterruptedException {
    CompletableFuture<long[]> answer = new CompletableFuture<>();
    loop.execute(() -> {
      long bytes = bytesOfClosed;
      for (Proxy proxy : proxies) {
        ProxyConnection open = proxy.connection;
        bytes += open == null ? 0 : open.received();
      }
      answer.complete(new long[] {resources, bytes});
    });
    return await(answer);
  }

  /**
   * Cuts all connections and opens them again at once, each proxy saying what it holds; then makes
   * a change, and waits until all have that.
   *
   * @return seconds until all had the change, and how many resources came
   */
  double[] reconnect(Runnable change) throws IOException, InterruptedException {
    CompletableFuture<Void> cut = new CompletableFuture<>();
    long before = received()[0];
    loop.execute(() -> {
      closing = true;
      CompletableFuture<?>[] all =
          channels.stream()
              .map(channel -> {
                CompletableFuture<Void> closed = new CompletableFuture<>();
                channel.close().addListener(done -> closed.complete(null));
                return closed;
              })
              .toArray(CompletableFuture<?>[]::new);
      var _ = CompletableFuture.allOf(all).thenRun(() -> cut.complete(null));
    });
    await(cut);
    long begun = System.nanoTime();
    CompletableFuture<Void> again = new CompletableFuture<>();
    CompletableFuture<Void> arrivedAll = new CompletableFuture<>();
    loop.execute(() -> {
      closing = false;
      resume = true;
      endpointsRequest = null;
      clustersHeld = null;
      channels.clear();
      nextToOpen = 0;
      syncedCount = 0;
      allSynced = again;
      currentRound++;
      times = new long[proxies.size()];
      arrived = 0;
      roundBegan = begun;
      roundDone = arrivedAll;
      for (Proxy proxy : proxies) {
        proxy.connection = null;
        proxy.synced = false;
        // What comes before the last one is connected counts all the same.
        proxy.round = currentRound - 1;
      }
      for (int i = 0; i < AT_ONCE * 4; i++) {
        openNext();
      }
    });
    await(again);
    loop.execute(() -> proxies.forEach(proxy -> proxy.round = currentRound - 1));
    change.run();
    await(arrivedAll);
    double seconds = (System.nanoTime() - begun) / 1e9;
    return new double[] {seconds, received()[0] - before};
  }

  private static <T> T await(CompletableFuture<T> future) throws IOException, InterruptedException {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("nothing for " + PATIENCE_SECONDS + " s", e);
    }
  }

  private Response read(byte[] message) {
    Response response = new Response();
    CodedInputStream in = CodedInputStream.newInstance(message);
    boolean learn = delta && endpointVersions.size() < names.size();
    Map<String, String> versions = new HashMap<>();
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case VERSION_INFO -> response.version = in.readString();
          case TYPE_URL -> response.type = in.readString();
          case NONCE -> response.nonce = in.readString();
          case RESOURCES -> {
            response.count++;
            if (learn || (delta && currentRound > 0)) {
              int limit = in.pushLimit(in.readRawVarint32());
              version(in, versions);
              in.popLimit(limit);
            } else {
              in.skipField(tag);
            }
          }
          default -> in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    (response.type.equals(ResourceType.ENDPOINTS.typeUrl()) ? endpointVersions : clusterVersions)
        .putAll(versions);
    return response;
  }

  private static void version(CodedInputStream in, Map<String, String> versions)
      throws IOException {
    String name = "";
    String version = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case RESOURCE_NAME -> name = in.readString();
        case RESOURCE_VERSION -> version = in.readString();
        default -> in.skipField(tag);
      }
    }
    versions.put(name, version);
  }

  @Override
  public void close() {
    loop.execute(() -> {
      closing = true;
      for (Channel channel : channels) {
        var _ = channel.close();
      }
    });
  }

  static List<String> names(int clusters) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < clusters; i++) {
      names.add(HeddleServer.name(i));
    }
    return names;
  }
}
