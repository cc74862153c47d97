package io.heddle.proxy.engine.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.heddle.proxy.engine.inspect.ProxyHeader.State;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Any bytes as a PROXY header: every beginning of a whole one asks for more, nothing behind it is
 * looked at, and lines of version 1 are what an expression says they are. With {@code
 * heddle.fuzz.planted=PROXY_TRAILING_BLANK} blanks at the end of such a line are overlooked, which
 * the fuzzer must find.
 */
final class ProxyHeaderFuzzTest {
  private static final int LONGEST_LINE = 107;
  private static final String PORT =
      "(?:6553[0-5]|655[0-2]\\d|65[0-4]\\d\\d|6[0-4]\\d{3}|[0-5]?\\d{1,4})";
  private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1?\\d{1,2})";
  private static final String IP4 = BYTE + "(?:\\." + BYTE + "){3}";

  /** Addresses of version 6 and numbers with zeros before them are left to the library. */
  private static final Pattern LINE =
      Pattern.compile(
          "PROXY (?:UNKNOWN(?: [^\\n]*)?|TCP4 IP IP PORT PORT|(?<six>TCP6 .*))\\r\\n"
              .replace("IP", IP4)
              .replace("PORT", PORT));

  @FuzzTest(maxDuration = "60s")
  void isWholeOrNot(byte[] bytes) {
    if (bytes.length > 1_024) {
      return;
    }
    ProxyHeader header = read(bytes);
    switch (header.state()) {
      case WHOLE -> whole(bytes, header);
      case NEED_MORE -> assertThat(header.size()).isGreaterThan(bytes.length);
      case ABSENT, MALFORMED -> assertThat(header.source()).isNull();
    }
    String line = line(bytes);
    if (line.startsWith("PROXY ") && line.endsWith("\n") && line.length() <= LONGEST_LINE) {
      Matcher expected = LINE.matcher(line);
      if (!expected.matches()) {
        if (!line.matches(".*[ .]0[0-9].*\\r\\n")) {
          assertThat(header.state()).as(line).isEqualTo(State.MALFORMED);
        }
      } else if (expected.group("six") == null) {
        assertThat(header.state()).as(line).isEqualTo(State.WHOLE);
        assertThat(header.size()).isEqualTo(line.length());
      }
    }
  }

  private static void whole(byte[] bytes, ProxyHeader header) {
    assertThat(header.size()).isBetween(8, bytes.length);
    assertThat(header.source() == null).isEqualTo(header.destination() == null);
    for (int cut = 0; cut < header.size(); cut++) {
      ProxyHeader part = read(Arrays.copyOf(bytes, cut));
      assertThat(part.state()).as("of the first %s bytes", cut).isEqualTo(State.NEED_MORE);
      assertThat(part.size()).isBetween(cut + 1, header.size());
    }
    ProxyHeader alone = read(Arrays.copyOf(bytes, header.size()));
    assertThat(alone.size()).isEqualTo(header.size());
    assertThat(alone.source()).isEqualTo(header.source());
    assertThat(alone.destination()).isEqualTo(header.destination());
    assertThat(alone.tlvs()).hasSameSizeAs(header.tlvs());
  }

  private static String line(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end + 1);
  }

  private static ProxyHeader read(byte[] bytes) {
    byte[] given = bytes;
    if ("PROXY_TRAILING_BLANK".equals(System.getProperty("heddle.fuzz.planted"))) {
      given =
          new String(bytes, StandardCharsets.ISO_8859_1)
              .replaceAll(" +\\r", "\r")
              .getBytes(StandardCharsets.ISO_8859_1);
    }
    ByteBuf in = Unpooled.wrappedBuffer(given);
    ProxyHeader header = ProxyHeader.read(in);
    assertThat(in.readerIndex()).isZero();
    return header;
  }
}
