package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What HPACK of ours says, as Netty's reads it. */
class FieldEncoderTest {
  private static final String[] NAMES = {
    ":path",
    ":status",
    ":method",
    "cookie",
    "x",
    "content-type",
    "some-longer-name",
    "date",
    "content-length",
    "authorization",
    "traceparent"
  };

  private static List<String> read(FieldDecoder decoder, ByteBuf block) throws Exception {
    FieldList fields = decoder.decode(1, block);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      lines.add(fields.name(i) + "=" + fields.value(i));
    }
    return lines;
  }

  /** Lies in memory that the next one overwrites. */
  private static AsciiString in(byte[] memory, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, memory, at, bytes.length);
    return new AsciiString(memory, at, bytes.length, false);
  }

  @Test
  void isReadAsItWasMeantWhateverHappensToTheTableAndToMemory() throws Exception {
    for (int seed = 0; seed < 40; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int most = new int[] {0, 100, 4_096, 20_000}[seed % 4];
      FieldEncoder encoder = new FieldEncoder(most);
      FieldDecoder decoder = new FieldDecoder(1 << 20);
      decoder.configuration().maxHeaderTableSize(4_096);
      byte[] memory = new byte[20_000];
      FieldList fields = new FieldList();
      for (int list = 0; list < 300; list++) {
        if (random.nextInt(20) == 0) {
          int table = random.nextInt(10_000);
          decoder.configuration().maxHeaderTableSize(table);
          encoder.tableBytes(table);
        }
        fields.clear();
        List<String> meant = new ArrayList<>();
        int at = 0;
        for (int i = random.nextInt(12); i >= 0; i--) {
          String name = NAMES[random.nextInt(NAMES.length)] + (random.nextInt(9) == 0 ? i : "");
          String value =
              Integer.toString(random.nextInt(30))
                  .repeat(random.nextInt(30) == 0 ? 200 : random.nextInt(5));
          fields.add(in(memory, at, name), in(memory, at + name.length(), value));
          at += name.length() + value.length();
          meant.add(name + "=" + value);
        }
        ByteBuf block = Unpooled.buffer();
        encoder.encode(fields, block);
        assertThat(read(decoder, block)).as("seed %d, list %d", seed, list).isEqualTo(meant);
      }
    }
  }

  @Test
  void theStaticTableIsRfc7541s() throws Exception {
    String[][] known = {
      {":method", "GET", "\202"},
      {":method", "POST", "\203"},
      {":path", "/index.html", "\205"},
      {":status", "500", "\216"},
      {"accept-encoding", "gzip, deflate", "\220"},
    };
    for (String[] field : known) {
      ByteBuf block = Unpooled.buffer();
      new FieldEncoder(4_096)
          .encode(new FieldList().add(new AsciiString(field[0]), new AsciiString(field[1])), block);
      assertThat(block.toString(StandardCharsets.ISO_8859_1)).isEqualTo(field[2]);
    }
    for (int index = 1; index <= StaticTable.LENGTH; index++) {
      // Without indexing, a name of the static table, and no value.
      ByteBuf block = Unpooled.buffer().writeByte(Math.min(index, 15));
      if (index >= 15) {
        block.writeByte(index - 15);
      }
      block.writeByte(0);
      String field = read(new FieldDecoder(1 << 20), block).getFirst();
      String name = field.substring(0, field.length() - 1);
      byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
      int first =
          StaticTable.name(bytes, 0, bytes.length, StaticTable.hash(bytes, 0, bytes.length));
      assertThat(first).isPositive().isLessThanOrEqualTo(index);
    }
  }

  @Test
  void whatWasSaidIsReferredTo() {
    FieldEncoder encoder = new FieldEncoder(4_096);
    FieldList fields =
        new FieldList()
            .add(new AsciiString("x-name"), new AsciiString("a value"))
            .add(new AsciiString("date"), new AsciiString("today"));
    ByteBuf block = Unpooled.buffer();
    encoder.encode(fields, block);
    assertThat(block.readableBytes()).isEqualTo(1 + 7 + 8 + 1 + 6);
    block.clear();
    encoder.encode(fields, block);
    assertThat(block.toString(StandardCharsets.ISO_8859_1)).isEqualTo("\277\276");
  }

  @Test
  void whatIsOfOneMessageOrSecretIsNotRemembered() throws Exception {
    String[][] said = {
      // Name, value, the first byte (RFC 7541, 6.2.2 and 6.2.3).
      {"content-length", "17", "\17"},
      {"traceparent", "00-1-2-01", "\0"},
      {"authorization", "Basic YTpi", "\37"},
      {"set-cookie", "id=1", "\37"},
      {"cookie", "id=1", "\37"},
    };
    FieldEncoder encoder = new FieldEncoder(4_096);
    FieldDecoder decoder = new FieldDecoder(1 << 20);
    for (String[] field : said) {
      FieldList list = new FieldList().add(new AsciiString(field[0]), new AsciiString(field[1]));
      for (int i = 0; i < 2; i++) {
        ByteBuf block = Unpooled.buffer();
        encoder.encode(list, block);
        assertThat(block.toString(StandardCharsets.ISO_8859_1)).startsWith(field[2]);
        assertThat(read(decoder, block)).containsExactly(field[0] + "=" + field[1]);
      }
    }
    ByteBuf block = Unpooled.buffer();
    FieldList crumbs = new FieldList().add("cookie", "id=1234567890123456789");
    encoder.encode(crumbs, block);
    encoder.encode(crumbs, block.clear());
    assertThat(block.toString(StandardCharsets.ISO_8859_1)).isEqualTo("\276");
  }

  @Test
  void theFieldsOfAHeadComeBehind() throws Exception {
    Trailers head = new HeadPool(1).trailers();
    head.add(HeaderName.of("x-one"), "first");
    head.add(HeaderName.of("x-two"), "second");
    FieldList list = new FieldList().add(":status", "200").rest(head);
    ByteBuf block = Unpooled.buffer();
    FieldEncoder encoder = new FieldEncoder(4_096);
    encoder.encode(list, block);
    List<String> meant = List.of(":status=200", "x-one=first", "x-two=second");
    assertThat(read(new FieldDecoder(1 << 20), block)).isEqualTo(meant);
    // 10, 10 and 11 bytes, and 32 for each.
    encoder.listLimit(126);
    assertThat(encoder.allows(list)).isFalse();
    encoder.listLimit(127);
    assertThat(encoder.allows(list)).isTrue();
    FieldList copy = list.copy();
    head.release();
    FieldEncoder other = new FieldEncoder(4_096);
    other.encode(copy, block.clear());
    assertThat(read(new FieldDecoder(1 << 20), block)).isEqualTo(meant);
  }

  @Test
  void listsThatThePeerDoesNotTakeAreKnown() {
    FieldEncoder encoder = new FieldEncoder(4_096);
    FieldList fields = new FieldList().add("x", "yz");
    assertThat(encoder.allows(fields)).isTrue();
    encoder.listLimit(35);
    assertThat(encoder.allows(fields)).isTrue();
    encoder.listLimit(34);
    assertThat(encoder.allows(fields)).isFalse();
  }
}
