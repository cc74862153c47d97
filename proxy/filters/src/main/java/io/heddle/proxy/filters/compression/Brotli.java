package io.heddle.proxy.filters.compression;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Brotli (RFC 7932) on brotli4j. */
final class Brotli {
  private static final int INPUT = 16 << 10;
  private static final long MAX_RATIO = 100;

  private Brotli() {}

  /** Whether its natives load on this machine; loads them. */
  static boolean available() {
    return Brotli4jLoader.isAvailable();
  }

  record Compressing(int quality, int window, Encoder.Mode mode) implements Compressor.Library {
    @Override
    public String encoding() {
      return "br";
    }

    @Override
    public String statName() {
      return "brotli";
    }

    @Override
    public Compressor open() {
      Encoder.Parameters parameters = Encoder.Parameters.create(quality, window, mode);
      return new StreamCompressor(to -> new BrotliOutputStream(to, parameters, INPUT));
    }
  }

  record Decompressing() implements Decompressor.Library {
    @Override
    public String encoding() {
      return "br";
    }

    @Override
    public String statName() {
      return "brotli";
    }

    @Override
    public Decompressor open() {
      return new Reader();
    }
  }

  private static final class Reader implements Decompressor {
    private final DecoderJNI.Wrapper decoder;
    private final Ratio ratio = new Ratio(MAX_RATIO);
    private final byte[] buffer = new byte[Ratio.PIECE];
    private boolean closed;

    Reader() {
      try {
        decoder = new DecoderJNI.Wrapper(INPUT);
      } catch (IOException e) {
        throw new UncheckedIOException("a decompressor cannot be opened", e);
      }
    }

    @Override
    public void decompress(ByteBuf piece, Output out) throws BadContentException {
      ByteBuf rest = piece.slice();
      ratio.took(rest.readableBytes());
      while (true) {
        switch (decoder.getStatus()) {
          case NEEDS_MORE_INPUT -> {
            if (decoder.hasOutput()) {
              give(out);
            } else if (!rest.isReadable()) {
              return;
            } else {
              ByteBuffer input = decoder.getInputBuffer();
              input.clear();
              int n = Math.min(input.remaining(), rest.readableBytes());
              input.limit(n);
              rest.readBytes(input);
              decoder.push(n);
            }
          }
          case NEEDS_MORE_OUTPUT -> give(out);
          case OK -> decoder.push(0);
          case DONE -> {
            if (decoder.hasOutput()) {
              give(out);
            } else if (rest.isReadable()) {
              throw new BadContentException("bytes after the end of the brotli stream");
            } else {
              return;
            }
          }
          case ERROR -> throw new BadContentException("not brotli");
        }
      }
    }

    private void give(Output out) throws BadContentException {
      ByteBuffer decoded = decoder.pull();
      while (decoded.hasRemaining()) {
        int n = Math.min(buffer.length, decoded.remaining());
        decoded.get(buffer, 0, n);
        ratio.give(buffer, n, out);
      }
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        decoder.destroy();
      }
    }
  }
}
