package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

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
    ":path", ":status", ":method", "cookie", "x", "content-type", "some-longer-name", "date"
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
