package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frames, however their bytes come. */
class FrameParserTest {
  private static final int BLOCK_LIMIT = 20_000;

  private static ByteBuf frames() {
    return Unpooled.buffer();
  }

  private static ByteBuf frame(ByteBuf to, int type, int flags, int stream, String payload) {
    byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
    return to.writeMedium(bytes.length)
        .writeByte(type)
        .writeByte(flags)
        .writeInt(stream)
        .writeBytes(bytes);
  }

  private static ByteBuf settings() {
    return frame(frames(), Frame.SETTINGS, 0, 0, "");
  }

  /** What is said of these bytes, read in pieces of this size; with how it ended, where badly. */
  private static List<String> read(ByteBuf bytes, int piece) {
    Said said = new Said();
    FrameParser parser = new FrameParser(said, false, BLOCK_LIMIT);
    try {
      while (bytes.isReadable()) {
        int n = Math.min(piece, bytes.readableBytes());
        Said.read(parser, ByteBufAllocator.DEFAULT, bytes.readRetainedSlice(n));
      }
    } catch (FrameException failure) {
      said.lines.add("broken " + failure.error());
    } finally {
      parser.free();
      bytes.release();
    }
    return said.lines;
  }

  private static List<String> read(ByteBuf bytes) {
    return read(bytes, Integer.MAX_VALUE);
  }

  private static ByteBuf everything() {
    ByteBuf all = frame(frames(), Frame.SETTINGS, 0, 0, "\0\4\0\0\0\7\0\2\0\0\0\1");
    frame(all, Frame.SETTINGS, Frame.ACK, 0, "");
    frame(all, Frame.HEADERS, Frame.END_HEADERS, 1, "block");
    frame(all, Frame.HEADERS, Frame.PADDED | Frame.PRIORITIZED, 3, "\2\0\0\0\1\20bl\0\0");
    frame(all, Frame.CONTINUATION, 0, 3, "");
    frame(all, Frame.CONTINUATION, Frame.END_HEADERS, 3, "ock");
    frame(all, Frame.DATA, 0, 1, "body");
    frame(all, 77, 255, 1, "whatever");
    frame(all, Frame.DATA, Frame.PADDED | Frame.END_STREAM, 1, "\3more\0\0\0");
    frame(all, Frame.PRIORITY, 0, 5, "\0\0\0\1\1");
    frame(all, Frame.RST_STREAM, 0, 3, "\0\0\0\10");
    frame(all, Frame.PING, 0, 0, "\0\0\0\0\0\0\0\5");
    frame(all, Frame.PING, Frame.ACK, 0, "\0\0\0\0\0\0\0\6");
    frame(all, Frame.WINDOW_UPDATE, 0, 0, "\0\0\1\0");
    return frame(all, Frame.GOAWAY, 0, 0, "\0\0\0\3\0\0\0\1why");
  }

  @Test
  void everyFrameIsReadInWhateverPiecesItComes() {
    List<String> whole = read(everything());
    assertThat(whole)
        .containsExactly(
            "setting 4 7",
            "setting 2 1",
            "settings",
            "settings acknowledged",
            "fields 1 block",
            "fields 3 block",
            "data 1 body padding 0",
            "data 1 more padding 4 end",
            "priority 5",
            "reset 3 8",
            "ping 5",
            "pong 6",
            "window 0 256",
            "goaway 3 1");
    for (int piece = 1; piece < 40; piece++) {
      assertThat(read(everything(), piece)).as("in pieces of %d", piece).isEqualTo(whole);
    }
  }

  @Test
  void aClientBeginsWithThePreface() throws FrameException {
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    Said said = new Said();
    FrameParser parser = new FrameParser(said, true, BLOCK_LIMIT);
    for (byte each : preface) {
      Said.read(parser, ByteBufAllocator.DEFAULT, Unpooled.wrappedBuffer(new byte[] {each}));
    }
    Said.read(parser, ByteBufAllocator.DEFAULT, settings());
    assertThat(said.lines).containsExactly("settings");
    parser.free();
    FrameParser other = new FrameParser(said, true, BLOCK_LIMIT);
    preface[20] = 'X';
    assertThatThrownBy(
            () -> Said.read(other, ByteBufAllocator.DEFAULT, Unpooled.wrappedBuffer(preface)))
        .isInstanceOf(FrameException.class);
  }

  @Test
  void sizesOfAFrameAndOfAListAreKnown() throws FrameException {
    FrameParser parser = new FrameParser(new Said(), false, BLOCK_LIMIT);
    ByteBuf in = settings();
    frame(in, Frame.HEADERS, 0, 1, "x".repeat(100));
    frame(in, Frame.CONTINUATION, Frame.END_HEADERS, 1, "x".repeat(30));
    frame(in, Frame.DATA, 0, 1, "x".repeat(7));
    Said.read(parser, ByteBufAllocator.DEFAULT, in);
    assertThat(parser.frameBytes()).isEqualTo(16);
    assertThat(parser.fieldBytes()).isEqualTo(109 + 39);
    parser.free();
  }

  @Test
  void whatIsWrongWithTheConnectionEndsIt() {
    Object[][] wrong = {
      {Frame.DATA, 0, 0, "x", "PROTOCOL_ERROR"},
      {Frame.HEADERS, 4, 0, "x", "PROTOCOL_ERROR"},
      {Frame.PRIORITY, 0, 0, "\0\0\0\1\1", "PROTOCOL_ERROR"},
      {Frame.RST_STREAM, 0, 0, "\0\0\0\1", "PROTOCOL_ERROR"},
      {Frame.RST_STREAM, 0, 1, "\0\0\1", "FRAME_SIZE_ERROR"},
      {Frame.SETTINGS, 0, 1, "", "PROTOCOL_ERROR"},
      {Frame.SETTINGS, 0, 0, "\0\4\0\0\0", "FRAME_SIZE_ERROR"},
      {Frame.SETTINGS, Frame.ACK, 0, "\0\4\0\0\0\1", "FRAME_SIZE_ERROR"},
      {Frame.PUSH_PROMISE, 4, 1, "\0\0\0\2x", "PROTOCOL_ERROR"},
      {Frame.PING, 0, 1, "\0\0\0\0\0\0\0\0", "PROTOCOL_ERROR"},
      {Frame.PING, 0, 0, "\0\0\0\0\0\0\0", "FRAME_SIZE_ERROR"},
      {Frame.GOAWAY, 0, 1, "\0\0\0\0\0\0\0\0", "PROTOCOL_ERROR"},
      {Frame.GOAWAY, 0, 0, "\0\0\0\0\0\0\0", "FRAME_SIZE_ERROR"},
      {Frame.WINDOW_UPDATE, 0, 0, "\0\0\0\0", "PROTOCOL_ERROR"},
      {Frame.WINDOW_UPDATE, 0, 1, "\0\0\1", "FRAME_SIZE_ERROR"},
      {Frame.CONTINUATION, 4, 1, "x", "PROTOCOL_ERROR"},
      {Frame.DATA, Frame.PADDED, 1, "\3xx", "PROTOCOL_ERROR"},
      {Frame.DATA, Frame.PADDED, 1, "", "FRAME_SIZE_ERROR"},
      {Frame.HEADERS, Frame.PADDED | 4, 1, "\2x", "PROTOCOL_ERROR"},
      {Frame.HEADERS, Frame.PRIORITIZED | 4, 1, "\0\0\0\3", "FRAME_SIZE_ERROR"},
      {Frame.DATA, 0, 1, "x".repeat(16_385), "FRAME_SIZE_ERROR"},
    };
    for (Object[] each : wrong) {
      ByteBuf in = settings();
      frame(in, ((Number) each[0]).intValue(), (int) each[1], (int) each[2], (String) each[3]);
      frame(in, Frame.PING, 0, 0, "\0\0\0\0\0\0\0\1");
      assertThat(read(in))
          .as("type %s, flags %s, stream %s", each[0], each[1], each[2])
          .containsExactly("settings", "broken " + each[4]);
    }
  }

  @Test
  void whatIsWrongWithAStreamEndsThatAlone() {
    ByteBuf in = settings();
    frame(in, Frame.PRIORITY, 0, 1, "\0\0\0\3");
    frame(in, Frame.PRIORITY, 0, 1, "\0\0\0\1\1");
    frame(in, Frame.WINDOW_UPDATE, 0, 1, "\0\0\0\0");
    frame(in, Frame.HEADERS, Frame.PRIORITIZED | 4, 1, "\0\0\0\1\1x");
    assertThat(read(in))
        .containsExactly(
            "settings",
            "failed 1 FRAME_SIZE_ERROR",
            "priority 1",
            "failed 1 PROTOCOL_ERROR",
            "failed 1 PROTOCOL_ERROR",
            "fields 1 x of itself");
  }

  @Test
  void settingsComeFirst() {
    assertThat(read(frame(frames(), Frame.PING, 0, 0, "\0\0\0\0\0\0\0\1")))
        .containsExactly("broken PROTOCOL_ERROR");
    assertThat(read(frame(frames(), Frame.SETTINGS, Frame.ACK, 0, "")))
        .containsExactly("broken PROTOCOL_ERROR");
  }

  @Test
  void nothingComesBetweenThePiecesOfABlock() {
    int[] types = {Frame.DATA, Frame.HEADERS, Frame.PING, Frame.SETTINGS, 77};
    for (int type : types) {
      ByteBuf in = frame(settings(), Frame.HEADERS, 0, 1, "x");
      assertThat(read(frame(in, type, 0, type == Frame.PING ? 0 : 1, "\0\0\0\0\0\0\0\1")))
          .containsExactly("settings", "broken PROTOCOL_ERROR");
    }
    ByteBuf in = frame(settings(), Frame.HEADERS, 0, 1, "x");
    assertThat(read(frame(in, Frame.CONTINUATION, 4, 3, "x")))
        .containsExactly("settings", "broken PROTOCOL_ERROR");
  }

  @Test
  void aBlockInPiecesIsBounded() {
    ByteBuf many = frame(settings(), Frame.HEADERS, 0, 1, "x");
    for (int i = 0; i < 17; i++) {
      frame(many, Frame.CONTINUATION, 0, 1, "x");
    }
    assertThat(read(many)).containsExactly("settings", "broken ENHANCE_YOUR_CALM");
    ByteBuf large = frame(settings(), Frame.HEADERS, 0, 1, "x".repeat(10_000));
    frame(large, Frame.CONTINUATION, 4, 1, "x".repeat(10_001));
    assertThat(read(large)).containsExactly("settings", "broken PROTOCOL_ERROR");
  }

  @Test
  void aFrameThatIsTooLongIsRefusedAtItsHead() {
    ByteBuf in = settings().writeMedium(16_385).writeByte(Frame.DATA).writeZero(5);
    assertThat(read(in)).containsExactly("settings", "broken FRAME_SIZE_ERROR");
  }
}
