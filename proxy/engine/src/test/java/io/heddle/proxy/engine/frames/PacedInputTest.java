package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** Many frames at once are taken in several turns. */
class PacedInputTest {
  private static final int TURN = PacedInput.FRAMES_A_TURN;

  private static ByteBuf frames(int count, int type, int stream, String payload) {
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < count; i++) {
      all.writeMedium(payload.length()).writeByte(type).writeByte(0).writeInt(stream);
      all.writeBytes(payload.getBytes(StandardCharsets.ISO_8859_1));
    }
    return all;
  }

  private static int taken(Wired wired) {
    int taken = Collections.frequency(wired.owner, "data 1 1");
    wired.owner.clear();
    return taken;
  }

  private static Wired uploading() {
    Wired wired = new Wired(Http2Options.DEFAULT);
    wired.frame(Frame.HEADERS, Frame.END_HEADERS, 1, Wired.POST);
    wired.owner.clear();
    return wired;
  }

  @Test
  void aTurnHasSoManyFramesAndTheNextGoesOn() {
    try (Wired wired = uploading()) {
      ByteBuf pieces = frames(2 * TURN + 5, Frame.DATA, 1, "x");
      wired.channel.pipeline().fireChannelRead(pieces);
      assertThat(taken(wired)).isEqualTo(TURN);
      assertThat(wired.channel.config().isAutoRead()).isFalse();
      // What comes meanwhile comes behind it, and the turn's end changes nothing.
      wired.channel.pipeline().fireChannelRead(frames(1, Frame.DATA, 1, "x"));
      wired.channel.pipeline().fireChannelReadComplete();
      assertThat(taken(wired)).isZero();
      wired.channel.runPendingTasks();
      assertThat(taken(wired)).isEqualTo(TURN + 6);
      assertThat(wired.channel.config().isAutoRead()).isTrue();
      assertThat(pieces.refCnt()).isZero();
      // And the budget is whole again.
      wired.channel.pipeline().fireChannelReadComplete();
      wired.channel.pipeline().fireChannelRead(frames(TURN, Frame.DATA, 1, "x"));
      assertThat(taken(wired)).isEqualTo(TURN);
      assertThat(wired.channel.config().isAutoRead()).isTrue();
    }
  }

  @Test
  void severalReadsOfATurnShareItsBudget() {
    try (Wired wired = uploading()) {
      for (int i = 0; i < 3; i++) {
        wired.channel.pipeline().fireChannelRead(frames(TURN / 2, Frame.DATA, 1, "x"));
      }
      wired.channel.pipeline().fireChannelReadComplete();
      assertThat(taken(wired)).isEqualTo(TURN);
      wired.channel.runPendingTasks();
      assertThat(taken(wired)).isEqualTo(TURN / 2);
    }
  }

  @Test
  void whatCameBeforeTheEndIsTakenBeforeIt() {
    try (Wired wired = uploading()) {
      wired.channel.pipeline().fireChannelRead(frames(2 * TURN, Frame.DATA, 1, "x"));
      assertThat(wired.owner).hasSize(TURN);
      var _ = wired.channel.close();
      assertThat(Collections.frequency(wired.owner, "data 1 1")).isEqualTo(2 * TURN);
      assertThat(wired.owner).endsWith("closed 1", "gone");
    }
  }

  @Test
  void aBrokenFrameLetsGoOfWhatIsBehindIt() {
    try (Wired wired = uploading()) {
      ByteBuf pieces = frames(TURN + 5, Frame.DATA, 1, "x");
      pieces.writeBytes(frames(1, Frame.PING, 1, "\0".repeat(8)));
      pieces.writeBytes(frames(3 * TURN, Frame.DATA, 1, "x"));
      wired.channel.pipeline().fireChannelRead(pieces);
      assertThat(taken(wired)).isEqualTo(TURN);
      wired.channel.runPendingTasks();
      assertThat(wired.owner).contains("broken");
      assertThat(taken(wired)).isEqualTo(5);
      assertThat(pieces.refCnt()).isZero();
      assertThat(wired.channel.config().isAutoRead()).isTrue();
      ByteBuf more = frames(1, Frame.DATA, 1, "x");
      wired.channel.pipeline().fireChannelRead(more);
      assertThat(more.refCnt()).isZero();
    }
  }
}
