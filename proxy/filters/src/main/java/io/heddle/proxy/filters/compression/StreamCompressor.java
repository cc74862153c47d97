package io.heddle.proxy.filters.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** A compressor on a library that writes to a stream; here the stream is memory. */
final class StreamCompressor implements Compressor {
  /** Opens the library's stream. */
  @FunctionalInterface
  interface Opening {
    OutputStream open(OutputStream to) throws IOException;
  }

  private final ByteArrayOutputStream sink = new ByteArrayOutputStream();
  private final OutputStream stream;
  private boolean closed;

  StreamCompressor(Opening opening) {
    try {
      stream = opening.open(sink);
    } catch (IOException e) {
      throw new UncheckedIOException("a compressor cannot be opened", e);
    }
  }

  @Override
  public ByteBuf compress(ByteBuf piece, boolean last) {
    try {
      piece.getBytes(piece.readerIndex(), stream, piece.readableBytes());
      if (last) {
        close();
      } else {
        stream.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a compressor failed", e);
    }
    ByteBuf out = Unpooled.wrappedBuffer(sink.toByteArray());
    sink.reset();
    return out;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException("a compressor failed at its end", e);
      }
    }
  }
}
