package io.heddle.proxy.filters.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class CodecsTest {
  private record Pair(Compressor.Library compressor, Decompressor.Library decompressor) {}

  @Test
  void whatIsCompressedComesOutAgainHoweverItIsCut() throws Exception {
    Random random = new Random(3);
    for (Pair pair : pairs()) {
      for (int round = 0; round < 30; round++) {
        byte[] body = body(random, random.nextInt(100_000));
        ByteBuf coded = Unpooled.buffer();
        try (Compressor compressor = pair.compressor().open()) {
          int at = 0;
          while (at < body.length) {
            int n = Math.min(body.length - at, 1 + random.nextInt(30_000));
            coded.writeBytes(compressor.compress(Unpooled.wrappedBuffer(body, at, n), false));
            at += n;
          }
          coded.writeBytes(compressor.compress(Unpooled.EMPTY_BUFFER, true));
        }
        assertThat(decoded(pair.decompressor(), coded, random)).isEqualTo(body);
      }
    }
  }

  @Test
  void aPieceCanBeDecodedAsSoonAsItIsOut() throws Exception {
    for (Pair pair : pairs()) {
      try (Compressor compressor = pair.compressor().open();
          Decompressor decompressor = pair.decompressor().open()) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String piece : new String[] {"one", "two", "three"}) {
          out.reset();
          decompressor.decompress(
              compressor.compress(
                  Unpooled.wrappedBuffer(
                      piece.getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
                  false),
              decoded ->
                  decoded.forEachByte(b -> {
                    out.write(b);
                    return true;
                  }));
          assertThat(out.toString(java.nio.charset.StandardCharsets.US_ASCII))
              .as(pair.compressor().encoding())
              .isEqualTo(piece);
        }
      }
    }
  }

  @Test
  void othersUnderstandOurGzipAndWeTheirs() throws Exception {
    Random random = new Random(4);
    byte[] body = body(random, 50_000);
    Pair gzip = pairs().getFirst();
    try (Compressor compressor = gzip.compressor().open()) {
      ByteBuf coded = compressor.compress(Unpooled.wrappedBuffer(body), true);
      byte[] bytes = new byte[coded.readableBytes()];
      coded.readBytes(bytes);
      assertThat(new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes())
          .isEqualTo(body);
    }
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    for (int i = 0; i < 2; i++) {
      try (GZIPOutputStream out = new GZIPOutputStream(two)) {
        out.write(body);
      }
    }
    assertThat(decoded(gzip.decompressor(), Unpooled.wrappedBuffer(two.toByteArray()), random))
        .hasSize(2 * body.length);
  }

  @Test
  void stopsABomb() throws Exception {
    for (Pair pair : pairs()) {
      ByteBuf bomb;
      try (Compressor compressor = pair.compressor().open()) {
        bomb = compressor.compress(Unpooled.wrappedBuffer(new byte[32 << 20]), true);
      }
      try (Decompressor decompressor = pair.decompressor().open()) {
        long[] out = {0};
        assertThatThrownBy(
                () -> decompressor.decompress(bomb, piece -> out[0] += piece.readableBytes()))
            .isInstanceOf(Decompressor.BadContentException.class);
        assertThat(out[0]).isLessThan(8 << 20);
      }
    }
  }

  @Test
  void neverThrowsAnythingElseOverGarbage() throws Exception {
    Random random = new Random(5);
    for (Pair pair : pairs()) {
      byte[] body = body(random, 3_000);
      for (int round = 0; round < 300; round++) {
        byte[] bytes;
        try (Compressor compressor = pair.compressor().open()) {
          ByteBuf coded = compressor.compress(Unpooled.wrappedBuffer(body), true);
          bytes = new byte[coded.readableBytes()];
          coded.readBytes(bytes);
        }
        for (int i = 0; i < 4; i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        try {
          decoded(pair.decompressor(), Unpooled.wrappedBuffer(bytes), random);
        } catch (Decompressor.BadContentException expected) {
          assertThat(expected).hasMessageMatching("(?s).+");
        }
      }
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() ->
            CompressionLibraries.compressor(
                config(
                    io.envoyproxy.envoy.extensions.compression.brotli.compressor.v3.Brotli
                        .newBuilder()
                        .setQuality(UInt32Value.of(12))
                        .build()),
                "compressor_library"))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("compressor_library.typed_config.quality");
  }

  private static byte[] body(Random random, int length) {
    byte[] body = new byte[length];
    for (int i = 0; i < length; i++) {
      body[i] = (byte) ('a' + random.nextInt(1 + i % 20));
    }
    return body;
  }

  private static byte[] decoded(Decompressor.Library library, ByteBuf coded, Random random)
      throws Decompressor.BadContentException {
    ByteBuf out = Unpooled.buffer();
    try (Decompressor decompressor = library.open()) {
      while (coded.isReadable()) {
        int n = Math.min(coded.readableBytes(), 1 + random.nextInt(9_000));
        decompressor.decompress(coded.readSlice(n), out::writeBytes);
      }
    }
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  private static TypedExtensionConfig config(Message message) {
    return TypedExtensionConfig.newBuilder()
        .setName("library")
        .setTypedConfig(Any.pack(message))
        .build();
  }

  private static List<Pair> pairs() throws FilterConfigException {
    List<Pair> pairs = new ArrayList<>();
    Message[][] all = {
      {
        io.envoyproxy.envoy.extensions.compression.gzip.compressor.v3.Gzip.getDefaultInstance(),
        io.envoyproxy.envoy.extensions.compression.gzip.decompressor.v3.Gzip.getDefaultInstance()
      },
      {
        io.envoyproxy.envoy.extensions.compression.brotli.compressor.v3.Brotli.getDefaultInstance(),
        io.envoyproxy.envoy.extensions.compression.brotli.decompressor.v3.Brotli
            .getDefaultInstance()
      },
      {
        io.envoyproxy.envoy.extensions.compression.zstd.compressor.v3.Zstd.getDefaultInstance(),
        io.envoyproxy.envoy.extensions.compression.zstd.decompressor.v3.Zstd.getDefaultInstance()
      }
    };
    for (Message[] pair : all) {
      pairs.add(
          new Pair(
              CompressionLibraries.compressor(config(pair[0]), ""),
              CompressionLibraries.decompressor(config(pair[1]), "")));
    }
    return pairs;
  }
}
