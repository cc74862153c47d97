package io.heddle.proxy.filters.compression;

import io.netty.buffer.ByteBuf;

/** Decodes one body. Owned by the exchange's event loop; closed exactly once. */
public interface Decompressor extends AutoCloseable {
  /**
   * Decodes a piece.
   *
   * @param out is given what comes out, 64 KiB at most at a time
   * @throws BadContentException where it is not in the format, or expands beyond what is allowed
   */
  void decompress(ByteBuf piece, Output out) throws BadContentException;

  @Override
  void close();

  /** Takes what was decoded. */
  @FunctionalInterface
  interface Output {
    /** A piece, owned by the receiver. */
    void write(ByteBuf piece);
  }

  /** The content cannot be decoded. */
  final class BadContentException extends Exception {
    private static final long serialVersionUID = 1L;

    BadContentException(String message) {
      super(message);
    }
  }

  /** Makes decompressors. Immutable. */
  interface Library {
    /** The name of the coding in {@code content-encoding}: {@code gzip}. */
    String encoding();

    /** The name of the library in statistics: {@code brotli}. */
    String statName();

    /** A new one. */
    Decompressor open();
  }
}
