package io.heddle.proxy.engine;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A client or a server of HTTP/2 in clear text that is not ours: Netty's multiplexing codec. */
@SuppressWarnings({"FutureReturnValueIgnored", "NullAway"})
final class Http2Peer implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  final BlockingQueue<String> goAways = new LinkedBlockingQueue<>();
  final Channel channel;

  /** One stream, to be read and written from the test's thread. */
  static final class Stream extends SimpleChannelInboundHandler<Http2Frame> {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final Consumer<Stream> opened;
    private final boolean counting;
    private final AtomicLong received = new AtomicLong();
    volatile Channel channel;

    Stream(Consumer<Stream> opened, boolean counting) {
      this.opened = opened;
      this.counting = counting;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      opened.accept(this);
    }

    /**
     * Events: {@code headers …}, {@code data …}, {@code reset CODE}, each {@code end} at its end.
     */
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Http2Frame frame) {
      switch (frame) {
        case Http2HeadersFrame headers -> {
          StringBuilder text = new StringBuilder("headers");
          headers
              .headers()
              .forEach(h -> text.append(' ').append(h.getKey()).append('=').append(h.getValue()));
          events.add(text.append(headers.isEndStream() ? " end" : "").toString());
        }
        case Http2DataFrame data -> {
          received.addAndGet(data.content().readableBytes());
          if (!counting || data.isEndStream()) {
            events.add(
                "data "
                    + (counting ? "" : data.content().toString(StandardCharsets.UTF_8))
                    + (data.isEndStream() ? " end" : ""));
          }
        }
        case Http2ResetFrame reset -> events.add("reset " + Http2Error.valueOf(reset.errorCode()));
        default -> {}
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        events.add("reset " + Http2Error.valueOf(reset.errorCode()));
      }
      // A GOAWAY is told to every stream, each time as one more reference.
      ReferenceCountUtil.release(event);
    }

    /** Bytes of body that have come. */
    long bytes() {
      return received.get();
    }

    String next() throws InterruptedException {
      String event = events.poll(10, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("nothing came");
      }
      return event;
    }

    Stream headers(boolean end, String... fields) {
      Http2Headers headers = new DefaultHttp2Headers(false);
      for (int i = 0; i < fields.length; i += 2) {
        headers.add(fields[i], fields[i + 1]);
      }
      channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers, end));
      return this;
    }

    Stream data(String text, boolean end) {
      ByteBuf data = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
      channel.writeAndFlush(new DefaultHttp2DataFrame(data, end));
      return this;
    }

    Stream data(byte[] bytes, boolean end) {
      channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), end));
      return this;
    }

    void reset(Http2Error error) {
      channel.writeAndFlush(new DefaultHttp2ResetFrame(error));
    }
  }

  private final class Connection extends SimpleChannelInboundHandler<Object> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2GoAwayFrame away) {
        goAways.add(away.lastStreamId() + " " + Http2Error.valueOf(away.errorCode()));
      }
    }
  }

  /** A client. */
  Http2Peer(int port, Http2Settings settings) {
    channel =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forClient()
                                .validateHeaders(false)
                                .encoderIgnoreMaxHeaderListSize(true)
                                .initialSettings(settings)
                                .build(),
                            new Http2MultiplexHandler(new Stream(_ -> {}, false)),
                            new Connection());
                  }
                })
            .connect("127.0.0.1", port)
            .syncUninterruptibly()
            .channel();
  }

  static Http2Peer client(EngineUnderTest proxy) {
    return new Http2Peer(proxy.port(), Http2Settings.defaultSettings());
  }

  /** A server; the handler is called with each stream when it begins, on the loop. */
  Http2Peer(Consumer<Stream> handler, boolean counting) {
    channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer()
                                .validateHeaders(false)
                                .initialSettings(
                                    Http2Settings.defaultSettings().connectProtocolEnabled(true))
                                .build(),
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Stream(handler, counting));
                                  }
                                }));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  Stream open() {
    return open(false);
  }

  Stream open(boolean counting) {
    Stream stream = new Stream(_ -> {}, counting);
    stream.channel =
        new Http2StreamChannelBootstrap(channel)
            .handler(stream)
            .open()
            .syncUninterruptibly()
            .getNow();
    return stream;
  }

  Stream get(String path) {
    return open().headers(true, request("GET", path));
  }

  static String[] request(String method, String path, String... more) {
    String[] all = new String[8 + more.length];
    String[] pseudo = {":method", method, ":path", path, ":scheme", "http", ":authority", "a"};
    System.arraycopy(pseudo, 0, all, 0, 8);
    System.arraycopy(more, 0, all, 8, more.length);
    return all;
  }

  /** Bytes on the wire behind the codec's back. */
  void raw(ByteBuf frame) {
    channel.pipeline().firstContext().writeAndFlush(frame);
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
