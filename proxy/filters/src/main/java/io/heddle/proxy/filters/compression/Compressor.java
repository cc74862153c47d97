package io.heddle.proxy.filters.compression;

import io.netty.buffer.ByteBuf;

/** Codes one body. Owned by the exchange's event loop; closed exactly once. */
public interface Compressor extends AutoCloseable {
  /**
   * Codes a piece and flushes, so that the receiver can decode it at once.
   *
   * @param last no piece follows: the trailer of the format is written too
   * @return what is to be sent, owned by the caller; may be empty
   */
  ByteBuf compress(ByteBuf piece, boolean last);

  @Override
  void close();

  /** Makes compressors. Immutable. */
  interface Library {
    /** The name of the coding in {@code content-encoding}: {@code gzip}. */
    String encoding();

    /** The name of the library in statistics: {@code brotli}. */
    String statName();

    /** A new one. */
    Compressor open();
  }
}
