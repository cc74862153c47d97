package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.ConnectionOption;
import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.Limits;
import io.heddle.proxy.codec.Outcome;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.RequestParser;
import io.heddle.proxy.codec.RequestWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Any bytes as a block of HPACK: no list of fields is longer than the limit allows, and a request
 * that is accepted is one request, and the same one, when it is written as HTTP/1.1. With {@code
 * heddle.fuzz.planted=HPACK_LIMIT_DOUBLED} the decoder allows twice as much, which the fuzzer must
 * find.
 */
final class HeaderBlockFuzzTest {
  private static final HeaderName EXPECT = HeaderName.of("expect");
  private static final int LIMIT = 512;
  private static final int FIELD_OVERHEAD = 32;

  @FuzzTest(maxDuration = "60s")
  void isBoundedAndOneRequest(byte[] bytes) {
    if (bytes.length > 4_096) {
      return;
    }
    boolean planted = "HPACK_LIMIT_DOUBLED".equals(System.getProperty("heddle.fuzz.planted"));
    FieldList fields;
    try {
      fields =
          new FieldDecoder(planted ? 2 * LIMIT : LIMIT).decode(1, Unpooled.wrappedBuffer(bytes));
    } catch (FrameException | FieldDecoder.TooLarge refused) {
      return;
    }
    long size = 0;
    for (int i = 0; i < fields.size(); i++) {
      size += fields.name(i).length() + fields.value(i).length() + FIELD_OVERHEAD;
    }
    assertThat(size).isLessThanOrEqualTo(LIMIT);
    HeadPool heads = new HeadPool(4);
    RequestHead head = heads.request();
    if (accepts(head, fields)
        && !head.authority().isEmpty()
        && (head.expectsContinue() || !head.contains(EXPECT))) {
      head.remove(EXPECT);
      oneRequest(head, heads);
    }
    head.release();
    assertThat(heads.leased()).isZero();
  }

  /** As a connection does it, for anything but CONNECT. */
  private static boolean accepts(RequestHead head, FieldList fields) {
    if (fields.misplaced()) {
      return false;
    }
    String method = "";
    String path = "";
    String authority = "";
    String scheme = "";
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.name(i).toString();
      String value = fields.value(i).toString();
      switch (name) {
        case ":method" -> method = value;
        case ":path" -> path = value;
        case ":authority" -> authority = value;
        case ":scheme" -> scheme = value;
        default -> {
          if (name.startsWith(":")
              || FieldSection.append(head, fields.name(i), fields.value(i)) != null) {
            return false;
          }
        }
      }
    }
    return !method.isEmpty()
        && !path.isEmpty()
        && !scheme.isEmpty()
        && !method.equals("CONNECT")
        && FieldSection.request(head, method, path, authority, scheme) == null;
  }

  private static void oneRequest(RequestHead head, HeadPool heads) {
    ByteBuf out = Unpooled.buffer();
    long length = head.contentLength();
    RequestWriter.write(
        head,
        length > 0 ? Framing.LENGTH : Framing.NONE,
        Math.max(length, 0),
        ConnectionOption.NONE,
        out);
    String written = out.toString(StandardCharsets.ISO_8859_1);
    RequestParser parser = new RequestParser(heads, Limits.defaults(), false);
    assertThat(parser.parse(out)).as(written).isEqualTo(Outcome.HEAD);
    RequestHead again = parser.takeHead();
    assertThat(again.method()).isEqualTo(head.method());
    assertThat(again.path()).isEqualTo(head.path());
    assertThat(again.authority()).isEqualTo(head.authority());
    assertThat(out.isReadable()).as("bytes behind the head of %s", written).isFalse();
    again.release();
    parser.close();
  }
}
