package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the responses of one upstream connection. {@link #expect} says what was asked before each
 * of them; a byte that nothing asked for is a {@link Violation}. Driven as {@link RequestParser}
 * is.
 *
 * <p>An interim response (1xx but 101) is an {@link Outcome#HEAD} of its own that no {@link
 * Outcome#END} follows: the next outcome is the next head.
 *
 * <p>Owned by the connection's event loop.
 */
public final class ResponseParser {
  private enum State {
    IDLE,
    HEAD,
    BODY,
    FAILED
  }

  private final HeadPool pool;
  private final Limits limits;
  private final FramingRules rules;
  private final ChunkDecoder chunks;
  private final BodyReader body;
  private final LineReader lines = new LineReader();

  private State state = State.IDLE;
  private boolean bodiless;
  private boolean connect;
  private boolean upgrade;
  private boolean statusLineRead;
  private int interim;
  private @Nullable ResponseHead head;
  private @Nullable ResponseHead untaken;
  private @Nullable Violation violation;

  /** A parser at the beginning of a connection. */
  public ResponseParser(HeadPool pool, Limits limits) {
    this(pool, limits, new FramingRules());
  }

  ResponseParser(HeadPool pool, Limits limits, FramingRules rules) {
    this.pool = pool;
    this.limits = limits;
    this.rules = rules;
    this.chunks = new ChunkDecoder(pool, limits, rules);
    this.body = new BodyReader(chunks);
  }

  /**
   * A request was written, so a response may come.
   *
   * @param method its method; HEAD and CONNECT change how the response ends
   * @param offeredUpgrade whether it offered to switch protocols, so that a 101 is an answer
   */
  public void expect(String method, boolean offeredUpgrade) {
    if (state != State.IDLE) {
      throw new IllegalStateException("expect within a response");
    }
    bodiless = method.equals("HEAD");
    connect = method.equals("CONNECT");
    upgrade = offeredUpgrade;
    interim = 0;
    state = State.HEAD;
  }

  /** Goes on with these bytes, from the reader index, which it moves past what it took. */
  public Outcome parse(ByteBuf in) {
    return switch (state) {
      case IDLE -> in.isReadable() ? fail(Violation.UNSOLICITED) : Outcome.NEED_MORE;
      case HEAD -> head(in);
      case BODY -> body(in);
      case FAILED -> Outcome.ERROR;
    };
  }

  /**
   * The peer has closed its side. {@link Outcome#END} where that ends the body, {@link
   * Outcome#NEED_MORE} where no response was due, else {@link Outcome#ERROR}.
   */
  public Outcome inputClosed() {
    return switch (state) {
      case IDLE -> Outcome.NEED_MORE;
      case HEAD -> fail(Violation.TRUNCATED);
      case BODY -> {
        if (body.framing() != Framing.UNTIL_CLOSE && !body.exhausted()) {
          yield fail(Violation.TRUNCATED);
        }
        ended();
        yield Outcome.END;
      }
      case FAILED -> Outcome.ERROR;
    };
  }

  /** The head, after {@link Outcome#HEAD}. The caller releases it. */
  public ResponseHead takeHead() {
    ResponseHead taken = untaken;
    if (taken == null) {
      throw new IllegalStateException("no head to take");
    }
    untaken = null;
    return taken;
  }

  /** The trailers, after {@link Outcome#TRAILERS}. The caller releases them. */
  public Trailers takeTrailers() {
    Trailers taken = chunks.takeTrailers();
    if (taken == null) {
      throw new IllegalStateException("no trailers to take");
    }
    return taken;
  }

  /** Readable bytes that are body, after {@link Outcome#DATA}. */
  public int dataLength() {
    return body.dataLength();
  }

  /**
   * Whether the response ends with what was just handed out, head or data, so that the next outcome
   * is {@link Outcome#END} whatever bytes come. Never after an interim head or for chunks.
   */
  public boolean exhausted() {
    return state == State.BODY && body.exhausted();
  }

  /** How the body of the response whose final head was read last ends. */
  public Framing framing() {
    return body.framing();
  }

  /** The body's length, or -1 where it is not known before; see {@link Head#contentLength}. */
  public long contentLength() {
    return body.contentLength();
  }

  /** What went wrong, after {@link Outcome#ERROR}. */
  public Optional<Violation> violation() {
    return Optional.ofNullable(violation);
  }

  /** Whether no response is due and none is being read. */
  public boolean idle() {
    return state == State.IDLE;
  }

  /** Whether not a byte of the response due has come. */
  public boolean untouched() {
    return state == State.HEAD && head == null && interim == 0;
  }

  /** Gives back what the parser holds. Nothing may be called afterwards. */
  public void close() {
    state = State.FAILED;
    if (head != null) {
      head.release();
      head = null;
    }
    releaseUntaken();
    chunks.release();
  }

  private Outcome head(ByteBuf in) {
    ResponseHead reading = head;
    if (reading == null) {
      if (!in.isReadable()) {
        return Outcome.NEED_MORE;
      }
      releaseUntaken();
      reading = pool.response();
      head = reading;
      statusLineRead = false;
      lines.begin();
    }
    while (true) {
      int lf = lines.nextLf(reading, in, limits.headBytes(), limits.headBytes());
      if (lf < 0) {
        return lf == LineReader.NEED_MORE ? Outcome.NEED_MORE : fail(Violation.HEAD_TOO_LARGE);
      }
      int start = lines.lineStart;
      lines.lineStart = lf + 1;
      if (lf == start || reading.bytes[lf - 1] != '\r') {
        return fail(Violation.BARE_LF);
      }
      Violation wrong;
      if (lf - 1 > start) {
        wrong = line(reading, start, lf - 1);
      } else if (statusLineRead) {
        lines.unread(reading, in);
        wrong = whole(reading);
        if (wrong == null) {
          head = null;
          untaken = reading;
          return Outcome.HEAD;
        }
      } else {
        wrong = Violation.STATUS_LINE;
      }
      if (wrong != null) {
        return fail(wrong);
      }
    }
  }

  private @Nullable Violation line(ResponseHead reading, int start, int end) {
    if (statusLineRead) {
      return reading.count == limits.headers()
          ? Violation.TOO_MANY_HEADERS
          : FieldLine.parse(reading, start, end);
    }
    Violation wrong = StatusLine.parse(reading, start, end);
    statusLineRead = wrong == null;
    return wrong;
  }

  private @Nullable Violation whole(ResponseHead reading) {
    int status = reading.status();
    boolean switching = status == 101;
    if (switching && !upgrade) {
      return Violation.UPGRADE_UNSOLICITED;
    }
    Violation wrong = HopByHop.strip(reading);
    if (wrong != null) {
      return wrong;
    }
    boolean tunnel = switching || (connect && status >= 200);
    wrong = rules.response(reading, reading.version(), status, bodiless, tunnel, body);
    if (wrong != null) {
      return wrong;
    }
    if (switching) {
      int line = reading.lineOf(Field.UPGRADE, 0);
      if (line < 0) {
        return Violation.UPGRADE_UNSOLICITED;
      }
      reading.upgrade = reading.table[line * Head.STRIDE + Head.VALUE];
      reading.upgradeEnd = reading.table[line * Head.STRIDE + Head.VALUE_END];
    } else if (status < 200) {
      return ++interim > limits.interimResponses() ? Violation.TOO_MANY_INTERIM : null;
    }
    reading.keepAlive =
        body.framing() != Framing.UNTIL_CLOSE
            && (reading.options & HopByHop.CLOSE) == 0
            && (reading.version() == HttpVersion.HTTP_1_1
                || (reading.options & HopByHop.KEEP_ALIVE) != 0);
    state = State.BODY;
    return null;
  }

  private Outcome body(ByteBuf in) {
    Outcome outcome = body.next(in);
    if (outcome == Outcome.END) {
      ended();
    } else if (outcome == Outcome.ERROR) {
      violation = chunks.violation();
      state = State.FAILED;
    }
    return outcome;
  }

  private void ended() {
    releaseUntaken();
    chunks.release();
    state = State.IDLE;
  }

  private Outcome fail(Violation wrong) {
    violation = wrong;
    state = State.FAILED;
    return Outcome.ERROR;
  }

  private void releaseUntaken() {
    if (untaken != null) {
      untaken.release();
      untaken = null;
    }
  }
}
