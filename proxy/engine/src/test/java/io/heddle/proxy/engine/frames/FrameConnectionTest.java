package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.Http2Options;
import io.netty.handler.codec.http2.Http2Error;
import org.junit.jupiter.api.Test;

/** The states of streams (RFC 9113, 5.1) and of their connection. */
class FrameConnectionTest {
  private static final int HEAD = Frame.END_HEADERS;
  private static final int WHOLE = Frame.END_HEADERS | Frame.END_STREAM;
  private static final int CLOSED = (int) Http2Error.STREAM_CLOSED.code();
  private static final int PROTOCOL = (int) Http2Error.PROTOCOL_ERROR.code();
  private static final int FLOW = (int) Http2Error.FLOW_CONTROL_ERROR.code();
  private static final int CALM = (int) Http2Error.ENHANCE_YOUR_CALM.code();

  private static String goAway(int last, int code) {
    return "goaway " + last + ' ' + code;
  }

  @Test
  void aStreamClosesWhenBothHaveEnded() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.answer(1, false);
      wired.body(1, "abc", true);
      assertThat(wired.news()).containsExactly("fields 1 \210", "data 1 abc padding 0 end");
      assertThat(wired.owner).containsExactly("head 1 end", "closed 1");
      wired.owner.clear();
      wired.frame(Frame.HEADERS, HEAD, 3, Wired.POST);
      wired.answer(3, true);
      assertThat(wired.news()).containsExactly("fields 3 \210 end");
      wired.frame(Frame.DATA, 0, 3, "xy");
      assertThat(wired.owner).containsExactly("head 3", "data 3 2");
      wired.frame(Frame.DATA, Frame.END_STREAM, 3, "z");
      assertThat(wired.owner).containsExactly("head 3", "data 3 2", "data 3 1 end", "closed 3");
    }
  }

  @Test
  void trailersWaitForTheirBody() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(3));
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.answer(1, false);
      wired.body(1, "abcdef", false);
      assertThat(
              wired.connection.writeHeaders(
                  wired.stream(1), wired.connection.fields().add("x", "y"), true))
          .isZero();
      assertThat(wired.news())
          .containsExactly("settings acknowledged", "fields 1 \210", "data 1 abc padding 0");
      wired.window(1, 10);
      assertThat(wired.news()).containsExactly("data 1 def padding 0", "fields 1 @\1x\1y end");
      assertThat(wired.owner).endsWith("closed 1");
    }
  }

  @Test
  void whatAnEndedStreamGetsIsRefusedAndItsConnectionStands() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.frame(Frame.DATA, 0, 1, "x");
      assertThat(wired.news()).containsExactly("reset 1 " + CLOSED);
      assertThat(wired.owner).containsExactly("head 1 end", "error 1", "closed 1");
      wired.owner.clear();
      // What was on its way when the reset came is nothing to speak of.
      wired.frame(Frame.DATA, 0, 1, "x");
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      assertThat(wired.news()).isEmpty();
      wired.frame(Frame.HEADERS, WHOLE, 3, Wired.GET);
      wired.answer(3, true);
      wired.hear();
      wired.peer.lines.clear();
      wired.frame(Frame.DATA, 0, 3, "x");
      assertThat(wired.news()).containsExactly("reset 3 " + CLOSED);
      wired.frame(Frame.RST_STREAM, 0, 3, Wired.number(8));
      wired.window(3, 1);
      assertThat(wired.news()).isEmpty();
      assertThat(wired.owner).containsExactly("head 3 end", "closed 3", "error null");
    }
  }

  @Test
  void whatWasNeverOpenedEndsTheConnection() {
    for (int type : new int[] {Frame.DATA, Frame.RST_STREAM, Frame.WINDOW_UPDATE}) {
      try (Wired wired = new Wired(Http2Options.DEFAULT)) {
        wired.frame(type, 0, 5, Wired.number(1));
        assertThat(wired.news()).containsExactly(goAway(0, PROTOCOL));
        assertThat(wired.owner).containsExactly("broken");
        wired.frame(Frame.HEADERS, WHOLE, 7, Wired.GET);
        assertThat(wired.news()).isEmpty();
      }
    }
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, WHOLE, 2, Wired.GET);
      assertThat(wired.news()).containsExactly(goAway(0, PROTOCOL));
    }
  }

  @Test
  void oneStreamMoreThanAllowedIsRefused() {
    try (Wired wired = new Wired(Wired.options(2, 1 << 16, 1 << 16))) {
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.frame(Frame.HEADERS, WHOLE, 3, Wired.GET);
      wired.frame(Frame.HEADERS, WHOLE, 5, Wired.GET);
      assertThat(wired.news()).containsExactly("reset 5 " + Http2Error.REFUSED_STREAM.code());
      wired.answer(1, true);
      wired.hear();
      wired.frame(Frame.HEADERS, WHOLE, 7, Wired.GET);
      assertThat(wired.owner).endsWith("closed 1", "head 7 end");
    }
  }

  @Test
  void aBodyIsAsLongAsItsHeadSays() {
    // content-length: 3, as a literal with the name of the static table.
    String three = Wired.POST + "\17\15\0013";
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, HEAD, 1, three);
      wired.frame(Frame.DATA, Frame.END_STREAM, 1, "abc");
      wired.frame(Frame.HEADERS, HEAD, 3, three);
      wired.frame(Frame.DATA, Frame.END_STREAM, 3, "ab");
      wired.frame(Frame.HEADERS, HEAD, 5, three);
      wired.frame(Frame.DATA, 0, 5, "abcd");
      wired.frame(Frame.HEADERS, WHOLE, 7, three);
      assertThat(wired.news())
          .containsExactly("reset 3 " + PROTOCOL, "reset 5 " + PROTOCOL, "reset 7 " + PROTOCOL);
      assertThat(wired.owner)
          .contains("data 1 3 end", "error 3", "error 5", "error null head")
          .doesNotContain("data 3 2 end", "data 5 4", "head 7 end");
    }
  }

  @Test
  void aLargerWindowIsUsedOnceItIsAcknowledged() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(0));
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.answer(1, false);
      wired.body(1, "abc", true);
      assertThat(wired.news()).containsExactly("settings acknowledged", "fields 1 \210");
      wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(9));
      assertThat(wired.news()).containsExactly("settings acknowledged", "data 1 abc padding 0 end");
    }
  }

  @Test
  void anUnwantedRestIsResetBehindTheEnd() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(2));
      wired.frame(Frame.HEADERS, HEAD, 1, Wired.POST);
      wired.answer(1, false);
      wired.body(1, "abc", true);
      wired.connection.unwantedAtEnd(wired.stream(1));
      assertThat(wired.news())
          .containsExactly("settings acknowledged", "fields 1 \210", "data 1 ab padding 0");
      wired.window(1, 1);
      assertThat(wired.news()).containsExactly("data 1 c padding 0 end", "reset 1 0");
      assertThat(wired.owner).endsWith("closed 1");
    }
  }

  @Test
  void windowsDoNotOverflow() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.window(1, Integer.MAX_VALUE);
      assertThat(wired.news()).containsExactly("reset 1 " + FLOW);
      wired.window(0, Integer.MAX_VALUE);
      assertThat(wired.news()).containsExactly(goAway(1, FLOW));
    }
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET);
      wired.window(1, 65_535);
      wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(Integer.MAX_VALUE));
      assertThat(wired.news()).containsExactly(goAway(1, FLOW));
    }
  }

  @Test
  void whoSendsMoreThanItsWindowIsToldSo() {
    try (Wired wired = new Wired(Wired.options(10, 65_535, 1 << 20))) {
      wired.appetite = 0;
      wired.frame(Frame.HEADERS, HEAD, 1, Wired.POST);
      for (int i = 0; i < 4; i++) {
        wired.frame(Frame.DATA, 0, 1, "x".repeat(16_384));
      }
      assertThat(wired.news()).containsExactly("reset 1 " + FLOW);
    }
    try (Wired wired = new Wired(Wired.options(10, 1 << 20, 65_535))) {
      wired.appetite = 0;
      wired.frame(Frame.HEADERS, HEAD, 1, Wired.POST);
      for (int i = 0; i < 4; i++) {
        wired.frame(Frame.DATA, 0, 1, "x".repeat(16_384));
      }
      assertThat(wired.news()).containsExactly(goAway(1, FLOW));
    }
  }

  @Test
  void aStreamThatEndsGivesItsPartOfTheConnectionsWindowBack() {
    try (Wired wired = new Wired(Wired.options(10, 1 << 20, 65_535))) {
      wired.appetite = 0;
      for (int id = 1; id < 40; id += 2) {
        wired.frame(Frame.HEADERS, HEAD, id, Wired.POST);
        wired.frame(Frame.DATA, 0, id, "x".repeat(16_384));
        wired.frame(Frame.RST_STREAM, 0, id, Wired.number(8));
      }
      assertThat(wired.news()).hasSize(10).allMatch(line -> line.equals("window 0 32768"));
    }
  }

  @Test
  void answersThatNobodyTakesAreBounded() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      for (int i = 0; i < 5_000; i++) {
        wired.frame(Frame.PING, 0, 0, "\0\0\0\0\0\0\0\1");
      }
      // They leave as they are written.
      assertThat(wired.news()).hasSize(5_000);
    }
  }

  @Test
  void tooManyResetsOfAPeerEndItsConnection() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      for (int i = 0; i < 201; i++) {
        wired.frame(Frame.HEADERS, WHOLE, 2 * i + 1, Wired.GET);
        wired.frame(Frame.RST_STREAM, 0, 2 * i + 1, Wired.number(8));
      }
      assertThat(wired.news()).containsExactly(goAway(401, CALM));
    }
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      for (int i = 0; i < 201; i++) {
        wired.frame(Frame.HEADERS, WHOLE, 2 * i + 1, Wired.GET);
        wired.frame(Frame.WINDOW_UPDATE, 0, 2 * i + 1, Wired.number(0));
      }
      assertThat(wired.news()).hasSize(201).endsWith(goAway(401, CALM));
    }
  }

  @Test
  void streamsBehindTheLastThatIsServedAreIgnored() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, HEAD, 1, Wired.POST);
      wired.connection.sayGoAway(Integer.MAX_VALUE);
      wired.frame(Frame.HEADERS, HEAD, 3, Wired.POST);
      wired.connection.sayLastGoAway();
      wired.owner.clear();
      wired.frame(Frame.HEADERS, HEAD, 5, Wired.POST);
      wired.frame(Frame.DATA, Frame.END_STREAM, 5, "x");
      wired.frame(Frame.DATA, Frame.END_STREAM, 3, "x");
      assertThat(wired.owner).containsExactly("data 3 1 end");
      assertThat(wired.news()).containsExactly(goAway(Integer.MAX_VALUE, 0), goAway(3, 0));
    }
  }

  @Test
  void allStreamsEndWithTheirConnection() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      wired.frame(Frame.HEADERS, HEAD, 1, Wired.POST);
      wired.frame(Frame.HEADERS, HEAD, 3, Wired.POST);
      wired.answer(1, false);
      wired.body(1, "x".repeat(100_000), false);
      var _ = wired.channel.close();
      assertThat(wired.owner).endsWith("gone").contains("closed 1", "closed 3");
    }
  }

  @Test
  void aListThatIsTooLargeIsAnsweredAndTheNextOneRead() {
    try (Wired wired = new Wired(Http2Options.DEFAULT)) {
      String value = "x".repeat(9_000);
      // x: …, as a literal of 9,000 bytes: 127 in the prefix, and 8,873 in two more bytes.
      String literal = "\0\1x\177" + (char) ((8_873 & 127) | 128) + (char) (8_873 >> 7) + value;
      wired.frame(Frame.HEADERS, WHOLE, 1, Wired.GET + literal);
      wired.frame(Frame.HEADERS, HEAD, 3, Wired.POST + literal);
      assertThat(wired.news())
          .containsExactly("fields 1 H\003431 end", "fields 3 \276 end", "reset 3 0");
      wired.frame(Frame.HEADERS, WHOLE, 5, Wired.GET);
      assertThat(wired.owner).endsWith("head 5 end");
      assertThat(wired.count(wired.stats.headerOverflow)).isEqualTo(2);
    }
  }
}
