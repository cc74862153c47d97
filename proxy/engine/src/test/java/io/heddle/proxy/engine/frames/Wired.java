package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A server's connection without a socket: what its owner and what its peer hear. */
final class Wired implements FrameOwner<String>, AutoCloseable {
  /** GET http://a/ and POST http://a/ in HPACK's static table. */
  static final String GET = "\202\204\206A\1a";

  static final String POST = "\203\204\206A\1a";

  final ManualTime time = new ManualTime();
  final StatsRegistry registry = new StatsRegistry(1);
  final FrameStats stats = new FrameStats(registry.root());
  final EmbeddedChannel channel = new EmbeddedChannel();
  final FrameConnection<String> connection;
  final List<String> owner = new ArrayList<>();
  final Map<Integer, FrameStream<String>> streams = new HashMap<>();
  final Said peer = new Said();
  private final FrameParser heard = new FrameParser(peer, false, 1 << 16);

  /** How much of a body is used up at once; -1 is all of it. */
  int appetite = -1;

  Wired(Http2Options options) {
    Worker worker =
        new Worker(
            0,
            channel.eventLoop(),
            registry.loop(0),
            PooledByteBufAllocator.DEFAULT,
            time,
            time::nanoTime,
            true);
    connection =
        FrameConnection.server(worker, this, options, 8_192, stats, new ReadSwitch(channel));
    channel.pipeline().addLast(connection);
    say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    frame(Frame.SETTINGS, 0, 0, "");
    frame(Frame.SETTINGS, Frame.ACK, 0, "");
    hear();
    peer.lines.clear();
    owner.clear();
  }

  static Http2Options options(long streams, int streamWindow, int connectionWindow) {
    return new Http2Options(
        4096,
        streams,
        streamWindow,
        connectionWindow,
        100,
        1,
        100,
        10,
        Duration.ZERO,
        Duration.ZERO,
        false,
        false);
  }

  static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  void say(String text) {
    channel.writeInbound(bytes(text));
  }

  void frame(int type, int flags, int stream, String payload) {
    channel.writeInbound(
        Unpooled.buffer()
            .writeMedium(payload.length())
            .writeByte(type)
            .writeByte(flags)
            .writeInt(stream)
            .writeBytes(payload.getBytes(StandardCharsets.ISO_8859_1)));
  }

  void window(int stream, int increment) {
    frame(Frame.WINDOW_UPDATE, 0, stream, number(increment));
  }

  static String number(int value) {
    return Unpooled.buffer().writeInt(value).toString(StandardCharsets.ISO_8859_1);
  }

  /** All that the peer has heard so far. */
  List<String> hear() {
    channel.runPendingTasks();
    while (true) {
      ByteBuf out = channel.readOutbound();
      if (out == null) {
        return peer.lines;
      }
      try {
        Said.read(heard, PooledByteBufAllocator.DEFAULT, out);
      } catch (FrameException failure) {
        throw new AssertionError(failure);
      }
    }
  }

  /** The same since the last time. */
  List<String> news() {
    List<String> all = List.copyOf(hear());
    peer.lines.clear();
    return all;
  }

  long count(ScalarStat stat) {
    return stat.value();
  }

  FrameStream<String> stream(int id) {
    FrameStream<String> stream = streams.get(id);
    if (stream == null) {
      throw new AssertionError("no stream " + id);
    }
    return stream;
  }

  void answer(int id, boolean end) {
    int _ = connection.writeHeaders(stream(id), connection.fields().add(":status", "200"), end);
  }

  void body(int id, String text, boolean end) {
    connection.writeData(stream(id), bytes(text), end);
  }

  @Override
  public void opened() {}

  @Override
  public void received(int bytes) {}

  @Override
  public void sent(long bytes) {}

  @Override
  public void gone() {
    owner.add("gone");
  }

  @Override
  public void protocolError(String detail) {
    owner.add("broken");
  }

  @Override
  public void streamError(@Nullable String of, boolean head, String detail) {
    owner.add("error " + of + (head ? " head" : ""));
  }

  @Override
  public void headers(
      FrameStream<String> stream, @Nullable String of, FieldList fields, boolean end) {
    owner.add((of == null ? "head " : "trailers ") + stream.id() + (end ? " end" : ""));
    if (of == null) {
      streams.put(stream.id(), stream);
      connection.put(stream, Integer.toString(stream.id()));
    }
  }

  @Override
  public int data(String of, ByteBuf data, int length, boolean end) {
    owner.add("data " + of + ' ' + length + (end ? " end" : ""));
    return appetite < 0 ? length : Math.min(length, appetite);
  }

  @Override
  public void reset(@Nullable String of, long errorCode) {
    owner.add("reset " + of + ' ' + errorCode);
  }

  @Override
  public void control(String of, int bytes) {}

  @Override
  public void writabilityChanged(String of) {}

  @Override
  public void closed(FrameStream<String> stream, String of) {
    owner.add("closed " + of);
    streams.remove(stream.id());
  }

  @Override
  public void close() {
    var _ = channel.finishAndReleaseAll();
    heard.free();
  }
}
