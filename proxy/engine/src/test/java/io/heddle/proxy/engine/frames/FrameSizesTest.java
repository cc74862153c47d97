package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Where frames end, however they come. */
class FrameSizesTest {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int CONTINUATION = 9;

  private static void frame(ByteBuf to, int type, int payload) {
    to.writeMedium(payload).writeByte(type).writeByte(0).writeInt(1).writeZero(payload);
  }

  private static int take(FrameSizes sizes, ByteBuf in) {
    int size = sizes.next(in);
    if (size > 0) {
      in.skipBytes(size);
      sizes.took(size);
    }
    return size;
  }

  @Test
  void thePrefaceComesAloneInWhateverPieces() {
    FrameSizes sizes = new FrameSizes(24);
    ByteBuf in = Unpooled.buffer().writeZero(10);
    assertThat(take(sizes, in)).isEqualTo(10);
    in.writeZero(14);
    frame(in, HEADERS, 5);
    assertThat(take(sizes, in)).isEqualTo(14);
    assertThat(take(sizes, in)).isEqualTo(14);
    assertThat(sizes.fields()).isEqualTo(14);
    assertThat(in.isReadable()).isFalse();
  }

  @Test
  void aListOfFieldsHasItsContinuations() {
    FrameSizes sizes = new FrameSizes(0);
    ByteBuf in = Unpooled.buffer();
    frame(in, HEADERS, 100);
    frame(in, CONTINUATION, 30);
    frame(in, DATA, 7);
    frame(in, HEADERS, 2);
    assertThat(take(sizes, in)).isEqualTo(109);
    assertThat(take(sizes, in)).isEqualTo(39);
    assertThat(sizes.fields()).isEqualTo(148);
    assertThat(take(sizes, in)).isEqualTo(16);
    assertThat(sizes.frame()).isEqualTo(16);
    assertThat(sizes.fields()).isEqualTo(148);
    assertThat(take(sizes, in)).isEqualTo(11);
    assertThat(sizes.fields()).isEqualTo(11);
  }

  @Test
  void aFrameIsWaitedForUnlessItIsTooLong() {
    FrameSizes sizes = new FrameSizes(0);
    ByteBuf whole = Unpooled.buffer();
    frame(whole, DATA, 4);
    for (int n = 0; n < 13; n++) {
      assertThat(sizes.next(whole.slice(0, n))).isEqualTo(FrameSizes.INCOMPLETE);
    }
    assertThat(sizes.next(whole)).isEqualTo(13);
    ByteBuf endless = Unpooled.buffer().writeMedium(16_385).writeByte(DATA).writeZero(5);
    assertThat(sizes.next(endless)).isEqualTo(9);
  }
}
