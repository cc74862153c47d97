package io.heddle.proxy.filters.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** gzip (RFC 1952) on the JDK's zlib. */
final class Gzip {
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  private Gzip() {}

  record Compressing(int level, int strategy) implements Compressor.Library {
    @Override
    public String encoding() {
      return "gzip";
    }

    @Override
    public String statName() {
      return "gzip";
    }

    @Override
    public Compressor open() {
      return new Writer(level, strategy);
    }
  }

  record Decompressing(long maxRatio) implements Decompressor.Library {
    @Override
    public String encoding() {
      return "gzip";
    }

    @Override
    public String statName() {
      return "gzip";
    }

    @Override
    public Decompressor open() {
      return new Reader(maxRatio);
    }
  }

  private static final class Writer implements Compressor {
    private final Deflater deflater;
    private final CRC32 crc = new CRC32();
    private long length;
    private boolean begun;

    Writer(int level, int strategy) {
      deflater = new Deflater(level, true);
      deflater.setStrategy(strategy);
    }

    @Override
    public ByteBuf compress(ByteBuf piece, boolean last) {
      byte[] bytes = new byte[piece.readableBytes()];
      piece.getBytes(piece.readerIndex(), bytes);
      ByteBuf out = Unpooled.buffer(bytes.length / 2 + 64);
      if (!begun) {
        begun = true;
        out.writeBytes(HEADER);
      }
      crc.update(bytes);
      length += bytes.length;
      deflater.setInput(bytes);
      if (last) {
        deflater.finish();
      }
      int n;
      do {
        out.ensureWritable(1 << 10);
        n =
            deflater.deflate(
                out.array(),
                out.arrayOffset() + out.writerIndex(),
                out.writableBytes(),
                last ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH);
        out.writerIndex(out.writerIndex() + n);
      } while (last ? !deflater.finished() : !out.isWritable() || !deflater.needsInput());
      if (last) {
        out.writeIntLE((int) crc.getValue()).writeIntLE((int) length);
      }
      return out;
    }

    @Override
    public void close() {
      deflater.end();
    }
  }

  /** Reads members one after another; header fields and checksums are taken as they are. */
  private static final class Reader implements Decompressor {
    private enum State {
      HEADER,
      BODY,
      TRAILER
    }

    private final Inflater inflater = new Inflater(true);
    private final Ratio ratio;
    private final GzipHeader header = new GzipHeader();
    private final byte[] buffer = new byte[Ratio.PIECE];
    private final CRC32 crc = new CRC32();
    private final byte[] trailer = new byte[8];
    private State state = State.HEADER;
    private int trailerBytes;

    Reader(long maxRatio) {
      ratio = new Ratio(maxRatio);
    }

    @Override
    public void decompress(ByteBuf piece, Output out) throws BadContentException {
      byte[] bytes = new byte[piece.readableBytes()];
      piece.getBytes(piece.readerIndex(), bytes);
      ratio.took(bytes.length);
      int at = 0;
      while (at < bytes.length) {
        switch (state) {
          case HEADER -> {
            at = header.read(bytes, at);
            if (header.whole()) {
              state = State.BODY;
            }
          }
          case BODY -> at = inflate(bytes, at, out);
          case TRAILER -> {
            trailer[trailerBytes++] = bytes[at++];
            if (trailerBytes == trailer.length) {
              endMember();
            }
          }
        }
      }
    }

    private int inflate(byte[] bytes, int from, Output out) throws BadContentException {
      inflater.setInput(bytes, from, bytes.length - from);
      try {
        while (true) {
          int n = inflater.inflate(buffer);
          if (n > 0) {
            crc.update(buffer, 0, n);
            ratio.give(buffer, n, out);
          }
          if (inflater.finished()) {
            state = State.TRAILER;
            trailerBytes = 0;
            return bytes.length - inflater.getRemaining();
          }
          if (inflater.needsDictionary()) {
            throw new BadContentException("a dictionary is wanted");
          }
          if (n == 0 && inflater.needsInput()) {
            return bytes.length;
          }
        }
      } catch (DataFormatException broken) {
        throw new BadContentException("not deflate: " + broken.getMessage());
      }
    }

    private void endMember() throws BadContentException {
      int sum =
          (trailer[0] & 0xff)
              | (trailer[1] & 0xff) << 8
              | (trailer[2] & 0xff) << 16
              | (trailer[3] & 0xff) << 24;
      if (sum != (int) crc.getValue()) {
        throw new BadContentException("the checksum does not fit");
      }
      crc.reset();
      inflater.reset();
      header.restart();
      state = State.HEADER;
    }

    @Override
    public void close() {
      inflater.end();
    }
  }
}
