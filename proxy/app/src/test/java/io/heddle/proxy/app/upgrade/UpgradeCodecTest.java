package io.heddle.proxy.app.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Stat;
import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.stats.StatName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What goes over the socket, whole, in parts, and damaged. */
class UpgradeCodecTest {
  private static final List<UpgradeMessage> ALL =
      List.of(
          new UpgradeMessage.Hello(1, 3, 77, "1.2.3"),
          new UpgradeMessage.Welcome(
              1,
              78,
              "1.2.2",
              4,
              1_700_000_000_000L,
              "127.0.0.1:15000",
              List.of(
                  new OpenSocket("in", "127.0.0.1:0", "/127.0.0.1:8080"),
                  new OpenSocket("out", "/run/x.sock", ""))),
          new UpgradeMessage.Refused("no"),
          new UpgradeMessage.Take(3),
          new UpgradeMessage.Ready(1_000, 2_000, 3_000),
          new UpgradeMessage.Taken(),
          new UpgradeMessage.Stats(
              List.of(
                  new Stat(
                      new StatName(
                          "cluster.a.upstream_rq_2xx",
                          "cluster.upstream_rq_xx",
                          List.of(new StatName.Tag("envoy_cluster_name", "a")),
                          List.of()),
                      true,
                      12),
                  new Stat(
                      new StatName("http.in.downstream_cx_active", "x", List.of(), List.of()),
                      false,
                      -1))),
          new UpgradeMessage.Bye());

  @Test
  void everyMessageComesBackAsItWasHoweverItIsCut() {
    ByteBuf wire = Unpooled.buffer();
    ALL.forEach(message -> UpgradeCodec.encode(message, wire));
    byte[] bytes = new byte[wire.readableBytes()];
    wire.readBytes(bytes);
    ByteBuf part = Unpooled.buffer();
    List<UpgradeMessage> read = new java.util.ArrayList<>();
    for (byte b : bytes) {
      part.writeByte(b);
      UpgradeCodec.decode(part).ifPresent(read::add);
    }
    assertThat(read).isEqualTo(ALL);
    assertThat(part.isReadable()).isFalse();
  }

  @Test
  void lengthsBeyondTheBoundsAreRefusedBeforeAnythingIsRead() {
    ByteBuf wire = Unpooled.buffer();
    wire.writeInt(UpgradeCodec.MAX_FRAME + 1);
    assertThatThrownBy(() -> UpgradeCodec.decode(wire))
        .isInstanceOf(UpgradeCodec.MalformedException.class)
        .hasMessageContaining("length");
    ByteBuf many = Unpooled.buffer();
    many.writeInt(5).writeByte(7).writeInt(Integer.MAX_VALUE);
    assertThatThrownBy(() -> UpgradeCodec.decode(many)).hasMessageContaining("stats");
    ByteBuf more = Unpooled.buffer();
    more.writeInt(2).writeByte(6).writeByte(0);
    assertThatThrownBy(() -> UpgradeCodec.decode(more)).hasMessageContaining("1 bytes more");
  }

  /** Damage makes another message or an error that says so, and nothing else. */
  @Test
  void damageIsFoundOrHarmless() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 20_000; round++) {
      ByteBuf wire = Unpooled.buffer();
      UpgradeCodec.encode(ALL.get(random.nextInt(ALL.size())), wire);
      for (int i = random.nextInt(4); i >= 0; i--) {
        wire.setByte(random.nextInt(wire.writerIndex()), random.nextInt(256));
      }
      try {
        var _ = UpgradeCodec.decode(wire);
      } catch (UpgradeCodec.MalformedException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
    }
  }
}
