package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes chunk framing off a body (RFC 9112, 7.1). Extensions are checked, counted and dropped;
 * whitespace around a size is refused (ADR 3).
 */
final class ChunkDecoder {
  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER_LF,
    TRAILER_LINES,
    DONE,
    FAILED
  }

  private final HeadPool pool;
  private final Limits limits;
  private final FramingRules rules;
  private final LineReader lines = new LineReader();

  private State state = State.DONE;
  private long size;
  private int digits;
  private int extensionBytes;
  private int dataLength;
  private @Nullable Trailers trailers;
  private @Nullable Violation violation;

  ChunkDecoder(HeadPool pool, Limits limits, FramingRules rules) {
    this.pool = pool;
    this.limits = limits;
    this.rules = rules;
  }

  void begin() {
    release();
    state = State.SIZE;
    size = 0;
    digits = 0;
    extensionBytes = 0;
    violation = null;
  }

  int dataLength() {
    return dataLength;
  }

  @Nullable Violation violation() {
    return violation;
  }

  @Nullable Trailers takeTrailers() {
    Trailers taken = trailers;
    trailers = null;
    return taken;
  }

  /** Gives back what nobody took. */
  void release() {
    if (trailers != null) {
      trailers.release();
      trailers = null;
    }
  }

  Outcome next(ByteBuf in) {
    dataLength = 0;
    if (state == State.DONE) {
      return Outcome.END;
    }
    while (in.isReadable() || (state == State.TRAILER_LINES && trailers != null)) {
      switch (state) {
        case SIZE -> size(in.readByte());
        case EXTENSION -> extension(in.readByte());
        case SIZE_LF -> {
          if (in.readByte() != '\n') {
            return fail(Violation.BARE_CR);
          }
          state = size == 0 ? State.TRAILER_START : State.DATA;
        }
        case DATA -> {
          dataLength = (int) Math.min(size, in.readableBytes());
          size -= dataLength;
          if (size == 0) {
            state = State.DATA_CR;
          }
          return Outcome.DATA;
        }
        case DATA_CR -> expect(in.readByte(), '\r', State.DATA_LF);
        case DATA_LF -> {
          expect(in.readByte(), '\n', State.SIZE);
          digits = 0;
        }
        case TRAILER_START -> {
          if (in.getByte(in.readerIndex()) == '\r') {
            in.skipBytes(1);
            state = State.TRAILER_LF;
          } else {
            trailers = pool.trailers();
            lines.begin();
            state = State.TRAILER_LINES;
          }
        }
        case TRAILER_LF -> {
          if (in.readByte() != '\n') {
            return fail(Violation.BARE_CR);
          }
          state = State.DONE;
          return Outcome.END;
        }
        case TRAILER_LINES -> {
          return trailerLines(in);
        }
        case DONE -> {
          return Outcome.END;
        }
        case FAILED -> {
          return Outcome.ERROR;
        }
      }
      if (state == State.FAILED) {
        return Outcome.ERROR;
      }
    }
    return state == State.FAILED ? Outcome.ERROR : Outcome.NEED_MORE;
  }

  private void size(byte b) {
    int digit = Chars.hex(b);
    if (digit >= 0) {
      size = rules.nextChunkSize(size, digits, digit);
      digits++;
      if (size < 0) {
        fail(Violation.CHUNK_SIZE_OVERFLOW);
      }
    } else if (digits == 0) {
      fail(Violation.CHUNK_SIZE);
    } else {
      switch (b) {
        case '\r' -> state = State.SIZE_LF;
        case ';' -> {
          state = State.EXTENSION;
          extension(b);
        }
        case '\n' -> fail(Violation.BARE_LF);
        default -> fail(Violation.CHUNK_SIZE);
      }
    }
  }

  private void extension(byte b) {
    if (b == '\r') {
      state = State.SIZE_LF;
    } else if (b == '\n') {
      fail(Violation.BARE_LF);
    } else if ((b >= 0 && b < ' ' && b != '\t') || b == 0x7f) {
      fail(Violation.CHUNK_EXTENSION);
    } else if (++extensionBytes > limits.chunkExtensionBytes()) {
      fail(Violation.CHUNK_EXTENSION_TOO_LARGE);
    }
  }

  private void expect(byte b, char expected, State then) {
    if (b == expected) {
      state = then;
    } else {
      fail(Violation.CHUNK_END);
    }
  }

  private Outcome trailerLines(ByteBuf in) {
    Trailers section = trailers;
    if (section == null) {
      return fail(Violation.TRUNCATED);
    }
    int limit = limits.trailerBytes();
    while (true) {
      int lf = lines.nextLf(section, in, limit, limit);
      if (lf < 0) {
        return lf == LineReader.NEED_MORE ? Outcome.NEED_MORE : fail(Violation.TRAILERS_TOO_LARGE);
      }
      int start = lines.lineStart;
      lines.lineStart = lf + 1;
      if (lf == start || section.bytes[lf - 1] != '\r') {
        return fail(Violation.BARE_LF);
      }
      if (lf - 1 == start) {
        lines.unread(section, in);
        state = State.DONE;
        return Outcome.TRAILERS;
      }
      if (section.count == limits.trailers()) {
        return fail(Violation.TOO_MANY_TRAILERS);
      }
      Violation wrong = FieldLine.parse(section, start, lf - 1);
      if (wrong == null && (section.seen & Field.NOT_IN_TRAILERS) != 0) {
        wrong = Violation.TRAILER_FORBIDDEN;
      }
      if (wrong != null) {
        return fail(wrong);
      }
    }
  }

  private Outcome fail(Violation wrong) {
    violation = wrong;
    state = State.FAILED;
    release();
    return Outcome.ERROR;
  }
}
