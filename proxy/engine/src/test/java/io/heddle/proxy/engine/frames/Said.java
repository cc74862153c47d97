package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a parser says. */
final class Said implements FrameSink {
  final List<String> lines = new ArrayList<>();

  /** Gives a parser all frames of a buffer. Takes ownership. */
  static void read(FrameParser parser, ByteBufAllocator allocator, ByteBuf in)
      throws FrameException {
    parser.allow(Integer.MAX_VALUE);
    try {
      parser.read(allocator, in);
    } finally {
      in.release();
    }
  }

  @Override
  public void data(int streamId, ByteBuf in, int length, int padding, boolean end) {
    lines.add(
        "data "
            + streamId
            + ' '
            + in.readCharSequence(length, StandardCharsets.ISO_8859_1)
            + " padding "
            + padding
            + (end ? " end" : ""));
  }

  @Override
  public void fields(int streamId, ByteBuf block, boolean end, boolean ofItself) {
    lines.add(
        "fields "
            + streamId
            + ' '
            + block.readCharSequence(block.readableBytes(), StandardCharsets.ISO_8859_1)
            + (ofItself ? " of itself" : "")
            + (end ? " end" : ""));
  }

  @Override
  public void priority(int streamId) {
    lines.add("priority " + streamId);
  }

  @Override
  public void reset(int streamId, long code) {
    lines.add("reset " + streamId + ' ' + code);
  }

  @Override
  public void setting(int id, long value) {
    lines.add("setting " + id + ' ' + value);
  }

  @Override
  public void settingsEnd() {
    lines.add("settings");
  }

  @Override
  public void settingsAcknowledged() {
    lines.add("settings acknowledged");
  }

  @Override
  public void ping(boolean answer, long data) {
    lines.add((answer ? "pong " : "ping ") + data);
  }

  @Override
  public void goAway(int last, long code) {
    lines.add("goaway " + last + ' ' + code);
  }

  @Override
  public void windowUpdate(int streamId, int increment) {
    lines.add("window " + streamId + ' ' + increment);
  }

  @Override
  public void streamFailed(FrameException failure) {
    lines.add("failed " + failure.streamId() + ' ' + failure.error());
  }
}
