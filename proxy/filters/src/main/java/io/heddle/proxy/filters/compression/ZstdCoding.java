package io.heddle.proxy.filters.compression;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import com.github.luben.zstd.util.Native;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Zstandard (RFC 8878) on zstd-jni. */
final class ZstdCoding {
  private static final long MAX_RATIO = 100;

  /** A window of 8 MiB, which is all that a decoder of content codings has to have (RFC 9659). */
  private static final int MAX_WINDOW_LOG = 23;

  private ZstdCoding() {}

  /** Whether its natives load on this machine; loads them. */
  static boolean available() {
    try {
      Native.load();
      return Native.isLoaded();
    } catch (LinkageError notHere) {
      return false;
    }
  }

  /** A strategy below zero leaves the choice to the level. */
  record Compressing(int level, boolean checksum, int strategy) implements Compressor.Library {
    @Override
    public String encoding() {
      return "zstd";
    }

    @Override
    public String statName() {
      return "zstd";
    }

    @Override
    public Compressor open() {
      return new StreamCompressor(to -> {
        ZstdOutputStreamNoFinalizer stream = new ZstdOutputStreamNoFinalizer(to, level);
        stream.setChecksum(checksum);
        if (strategy > 0) {
          stream.setStrategy(strategy);
        }
        return stream;
      });
    }
  }

  record Decompressing() implements Decompressor.Library {
    @Override
    public String encoding() {
      return "zstd";
    }

    @Override
    public String statName() {
      return "zstd";
    }

    @Override
    public Decompressor open() {
      return new Reader();
    }
  }

  private static final class Reader implements Decompressor {
    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private final Ratio ratio = new Ratio(MAX_RATIO);
    private final ByteBuffer input = ByteBuffer.allocateDirect(16 << 10);
    private final ByteBuffer output = ByteBuffer.allocateDirect(Ratio.PIECE);
    private final byte[] buffer = new byte[Ratio.PIECE];

    Reader() {
      context.setLongMax(MAX_WINDOW_LOG);
    }

    @Override
    public void decompress(ByteBuf piece, Output out) throws BadContentException {
      ByteBuf rest = piece.slice();
      ratio.took(rest.readableBytes());
      while (rest.isReadable()) {
        input.clear();
        input.limit(Math.min(input.capacity(), rest.readableBytes()));
        rest.readBytes(input);
        input.flip();
        boolean full;
        do {
          output.clear();
          try {
            context.decompressDirectByteBufferStream(output, input);
          } catch (ZstdException broken) {
            throw new BadContentException("not zstd: " + broken.getMessage());
          }
          full = !output.hasRemaining();
          output.flip();
          int n = output.remaining();
          if (n > 0) {
            output.get(buffer, 0, n);
            ratio.give(buffer, n, out);
          }
        } while (full || input.hasRemaining());
      }
    }

    @Override
    public void close() {
      context.close();
    }
  }
}
