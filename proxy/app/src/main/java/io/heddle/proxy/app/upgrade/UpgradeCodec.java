package io.heddle.proxy.app.upgrade;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Bye;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Hello;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Ready;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Refused;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stat;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Take;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Taken;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Welcome;
import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.stats.StatName;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Messages to bytes and back. Every length is looked at before anything is made of it. */
final class UpgradeCodec {
  static final int MAX_FRAME = 4 << 20;
  static final int MAX_SOCKETS = 4_096;
  static final int MAX_STATS = 8_192;
  private static final int MAX_TAGS = 32;
  private static final int MAX_TEXT = 16_383;
  private static final int HELLO_MARK = 0x48_44_4c_55;

  private UpgradeCodec() {}

  /** Bytes that are no message. */
  static final class MalformedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message);
    }
  }

  /** Appends a message. */
  static void encode(UpgradeMessage message, ByteBuf out) {
    int start = out.writerIndex();
    out.writeInt(0);
    switch (message) {
      case Hello hello -> {
        out.writeByte(1).writeInt(HELLO_MARK);
        out.writeInt(hello.oldest()).writeInt(hello.newest()).writeLong(hello.pid());
        text(hello.build(), out);
      }
      case Welcome welcome -> {
        out.writeByte(2).writeInt(welcome.version()).writeLong(welcome.pid());
        text(welcome.build(), out);
        out.writeInt(welcome.epoch()).writeLong(welcome.firstStartMillis());
        text(welcome.admin(), out);
        out.writeInt(welcome.sockets().size());
        for (OpenSocket socket : welcome.sockets()) {
          text(socket.listener(), out);
          text(socket.configured(), out);
          text(socket.bound(), out);
        }
      }
      case Refused refused -> {
        out.writeByte(3);
        text(refused.reason(), out);
      }
      case Take take -> out.writeByte(4).writeInt(take.index());
      case Ready ready -> {
        out.writeByte(5).writeLong(ready.drainMillis());
        out.writeLong(ready.tunnelGraceMillis()).writeLong(ready.shutdownMillis());
      }
      case Taken _ -> out.writeByte(6);
      case Stats stats -> {
        out.writeByte(7).writeInt(stats.stats().size());
        for (Stat stat : stats.stats()) {
          stat(stat, out);
        }
      }
      case Bye _ -> out.writeByte(8);
    }
    out.setInt(start, out.writerIndex() - start - 4);
  }

  private static void stat(Stat stat, ByteBuf out) {
    text(stat.name().full(), out);
    text(stat.name().extracted(), out);
    out.writeByte(stat.name().tags().size());
    for (StatName.Tag tag : stat.name().tags()) {
      text(tag.name(), out);
      text(tag.value(), out);
    }
    out.writeBoolean(stat.counter()).writeLong(stat.value());
  }

  private static void text(String text, ByteBuf out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, MAX_TEXT);
    out.writeShort(length).writeBytes(bytes, 0, length);
  }

  /**
   * Takes a message from the front; empty where it is not whole yet.
   *
   * @throws MalformedException where it is none
   */
  static Optional<UpgradeMessage> decode(ByteBuf in) {
    if (in.readableBytes() < 4) {
      return Optional.empty();
    }
    int length = in.getInt(in.readerIndex());
    if (length < 1 || length > MAX_FRAME) {
      throw new MalformedException("length: found " + length + ", expected 1 to " + MAX_FRAME);
    }
    if (in.readableBytes() < 4 + length) {
      return Optional.empty();
    }
    in.skipBytes(4);
    ByteBuf frame = in.readSlice(length);
    UpgradeMessage message = message(frame);
    if (frame.isReadable()) {
      throw new MalformedException(
          message.getClass().getSimpleName()
              + ": found "
              + frame.readableBytes()
              + " bytes more, expected none");
    }
    return Optional.of(message);
  }

  private static UpgradeMessage message(ByteBuf in) {
    int type = in.readByte();
    return switch (type) {
      case 1 -> {
        int mark = integer(in);
        if (mark != HELLO_MARK) {
          throw new MalformedException("mark: found " + mark + ", expected " + HELLO_MARK);
        }
        yield new Hello(integer(in), integer(in), number(in), text(in));
      }
      case 2 ->
          new Welcome(
              integer(in), number(in), text(in), integer(in), number(in), text(in), sockets(in));
      case 3 -> new Refused(text(in));
      case 4 -> new Take(bounded("index", integer(in), MAX_SOCKETS));
      case 5 -> new Ready(time(in), time(in), time(in));
      case 6 -> new Taken();
      case 7 -> stats(in);
      case 8 -> new Bye();
      default -> throw new MalformedException("type: found " + type + ", expected 1 to 8");
    };
  }

  private static List<OpenSocket> sockets(ByteBuf in) {
    int count = bounded("sockets", integer(in), MAX_SOCKETS);
    List<OpenSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new OpenSocket(text(in), text(in), text(in)));
    }
    return sockets;
  }

  private static Stats stats(ByteBuf in) {
    int count = bounded("stats", integer(in), MAX_STATS);
    List<Stat> stats = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String full = text(in);
      String extracted = text(in);
      need(in, 1);
      int tagCount = bounded("tags", in.readUnsignedByte(), MAX_TAGS);
      List<StatName.Tag> tags = new ArrayList<>();
      for (int t = 0; t < tagCount; t++) {
        tags.add(new StatName.Tag(text(in), text(in)));
      }
      need(in, 1);
      boolean counter = in.readBoolean();
      long value = number(in);
      if (counter && value < 0) {
        throw new MalformedException(full + ": found " + value + ", expected >= 0");
      }
      stats.add(new Stat(new StatName(full, extracted, tags, List.of()), counter, value));
    }
    return new Stats(stats);
  }

  private static int bounded(String what, int value, int most) {
    if (value < 0 || value > most) {
      throw new MalformedException(what + ": found " + value + ", expected 0 to " + most);
    }
    return value;
  }

  private static long time(ByteBuf in) {
    long millis = number(in);
    if (millis < 0 || millis > 86_400_000L * 365) {
      throw new MalformedException("time: found " + millis + " ms, expected 0 to a year");
    }
    return millis;
  }

  private static int integer(ByteBuf in) {
    need(in, 4);
    return in.readInt();
  }

  private static long number(ByteBuf in) {
    need(in, 8);
    return in.readLong();
  }

  private static String text(ByteBuf in) {
    need(in, 2);
    int length = in.readUnsignedShort();
    if (length > MAX_TEXT) {
      throw new MalformedException("text: found " + length + ", expected 0 to " + MAX_TEXT);
    }
    need(in, length);
    return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
  }

  private static void need(ByteBuf in, int bytes) {
    if (in.readableBytes() < bytes) {
      throw new MalformedException(
          "found " + in.readableBytes() + " bytes, expected " + bytes + " or more");
    }
  }
}
