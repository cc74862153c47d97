package io.heddle.xds.client;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 connections, in clear text unless told otherwise, on one event loop of their own, away
 * from those of the requests.
 */
final class NettyChannelSource implements ChannelSource {
  private static final String UNIX = "unix:";
  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(10);

  private final ClientLimits limits;
  private final EventLoopGroup group;

  private final @Nullable SslContext tls;
  private final List<ClientInterceptor> interceptors;
  private final boolean owner;

  NettyChannelSource(ClientLimits limits) {
    this.limits = limits;
    this.tls = null;
    this.interceptors = List.of();
    this.owner = true;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("heddle-xds-io", true), NioIoHandler.newFactory());
  }

  private NettyChannelSource(
      NettyChannelSource owner, @Nullable SslContext tls, List<ClientInterceptor> interceptors) {
    this.limits = owner.limits;
    this.group = owner.group;
    this.tls = tls;
    this.interceptors = List.copyOf(interceptors);
    this.owner = false;
  }

  @Override
  public ChannelSource over(SslContext context) {
    // What is said to one peer is not said to another.
    return new NettyChannelSource(this, context, List.of());
  }

  @Override
  public ChannelSource calling(ClientInterceptor interceptor) {
    return new NettyChannelSource(this, tls, List.of(interceptor));
  }

  @Override
  public void prepare() {
    AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod();
    open("127.0.0.1:1", "", Duration.ofSeconds(30), Runnable::run).shutdownNow();
  }

  @Override
  public ManagedChannel open(
      String target, String authority, Duration keepAlive, Executor executor) {
    String pipe = pipe(target);
    NettyChannelBuilder builder = pipe.isEmpty() ? builder(target) : unix(pipe);
    if (!authority.isEmpty()) {
      builder.overrideAuthority(authority);
    }
    SslContext secured = tls;
    if (secured == null) {
      builder.usePlaintext();
    } else {
      builder.sslContext(secured);
    }
    return builder
        .intercept(interceptors)
        .eventLoopGroup(group)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limits.connectTimeout().toMillis())
        .executor(executor)
        .maxInboundMessageSize(limits.maxMessageBytes())
        .keepAliveTime(keepAlive.toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .proxyDetector(address -> null)
        .disableRetry()
        .build();
  }

  /** The path of a unix socket, alone or as a gRPC target; empty for every other target. */
  private static String pipe(String target) {
    if (target.startsWith("/") || target.startsWith("@")) {
      return target;
    }
    if (!target.startsWith(UNIX)) {
      return "";
    }
    return target.substring(target.startsWith(UNIX + "//") ? UNIX.length() + 2 : UNIX.length());
  }

  /** Nobody is asked for a name there; a certificate is still held against the authority. */
  private static NettyChannelBuilder unix(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "target: found the unix socket " + path + ", expected an absolute path");
    }
    return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(path))
        .overrideAuthority("localhost")
        .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class);
  }

  private static NettyChannelBuilder builder(String target) {
    return tcp(target)
        .channelType(NioSocketChannel.class)
        .withOption(ChannelOption.SO_KEEPALIVE, true);
  }

  /** A literal address needs no resolver, and so loads none. */
  private static NettyChannelBuilder tcp(String target) {
    int colon = target.lastIndexOf(':');
    if (target.contains("://") || colon <= 0) {
      return NettyChannelBuilder.forTarget(target);
    }
    String host = target.substring(0, colon);
    byte[] literal =
        NetUtil.createByteArrayFromIpAddressString(
            host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host);
    if (literal == null) {
      return NettyChannelBuilder.forTarget("dns:///" + target);
    }
    try {
      int port = Integer.parseInt(target.substring(colon + 1));
      return NettyChannelBuilder.forAddress(
          new InetSocketAddress(InetAddress.getByAddress(literal), port));
    } catch (NumberFormatException | UnknownHostException e) {
      throw new IllegalArgumentException(
          "target: found " + target + ", expected HOST:PORT or a gRPC target", e);
    }
  }

  @Override
  public void close() {
    if (!owner) {
      return; // The loop is its owner's.
    }
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
