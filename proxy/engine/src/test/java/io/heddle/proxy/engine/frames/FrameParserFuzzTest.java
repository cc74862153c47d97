package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Any bytes as frames: whatever is said of them is the same in whatever pieces they come, as a
 * plain reader of whole frames counts as many, nothing that is kept is larger than it may be, and
 * all buffers are given back. With {@code heddle.fuzz.planted=FRAME_PIECE_LOST} a byte between two
 * pieces is lost, which the fuzzer must find.
 */
final class FrameParserFuzzTest {
  private static final int BLOCK_LIMIT = 1_000;
  private static final int HEAD = 9;

  @FuzzTest(maxDuration = "60s")
  void isTheSameInAllPieces(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > 8_192) {
      return;
    }
    // Most of what is fuzzed shall come behind the first frame.
    byte[] frames = new byte[HEAD + bytes.length];
    frames[3] = Frame.SETTINGS;
    System.arraycopy(bytes, 0, frames, HEAD, bytes.length);
    List<String> whole = read(frames, frames.length);
    int piece = 1 + (bytes[bytes.length - 1] & 31);
    assertThat(read(frames, piece)).isEqualTo(whole);
    assertThat(read(frames, 1)).isEqualTo(whole);
    if (whole.stream().noneMatch(line -> line.startsWith("broken "))) {
      assertThat(whole.stream().filter(line -> line.startsWith("ping ")).count())
          .isEqualTo(pings(frames));
    }
  }

  private static List<String> read(byte[] frames, int piece) {
    boolean planted = "FRAME_PIECE_LOST".equals(System.getProperty("heddle.fuzz.planted"));
    ByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    List<ByteBuf> given = new ArrayList<>();
    Said said = new Said();
    FrameParser parser = new FrameParser(said, false, BLOCK_LIMIT);
    int at = 0;
    try {
      while (at < frames.length) {
        int n = Math.min(piece, frames.length - at);
        ByteBuf in = Unpooled.copiedBuffer(frames, at, n);
        given.add(in);
        Said.read(parser, allocator, in);
        at += n;
        if (planted && at > HEAD + 4 && at < frames.length && frames[at] == Frame.PING) {
          at++;
        }
      }
    } catch (FrameException failure) {
      said.lines.add("broken " + failure.error() + ' ' + failure.detail());
    } finally {
      parser.free();
    }
    assertThat(given).allMatch(in -> in.refCnt() == 0);
    return said.lines;
  }

  /** PINGs that are no answers, of frames that are all well-formed. */
  private static int pings(byte[] frames) {
    int pings = 0;
    int at = 0;
    while (at + HEAD <= frames.length) {
      int length =
          ((frames[at] & 255) << 16) | ((frames[at + 1] & 255) << 8) | (frames[at + 2] & 255);
      if (at + HEAD + length > frames.length) {
        break;
      }
      if (frames[at + 3] == Frame.PING && (frames[at + 4] & Frame.ACK) == 0) {
        pings++;
      }
      at += HEAD + length;
    }
    return pings;
  }
}
