package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the requests of one connection, one after the other. The engine drives it: it gives bytes
 * to {@link #parse} and acts on what it is told; it simply does not call while it does not want
 * more.
 *
 * <pre>{@code
 * while (true) {
 *   switch (parser.parse(in)) {
 *     case HEAD -> begin(parser.takeHead(), parser.exhausted());
 *     case DATA -> body(in.readRetainedSlice(parser.dataLength()), parser.exhausted());
 *     case TRAILERS -> trailers(parser.takeTrailers());
 *     case END -> ended();
 *     case ERROR -> { refuse(parser.violation().get()); return; }
 *     case NEED_MORE -> { return; }
 *   }
 * }
 * }</pre>
 *
 * <p>Owned by the connection's event loop.
 */
public final class RequestParser {
  private enum State {
    HEAD,
    BODY,
    FAILED
  }

  private final HeadPool pool;
  private final Limits limits;
  private final boolean secure;
  private final FramingRules rules;
  private final ChunkDecoder chunks;
  private final BodyReader body;
  private final LineReader lines = new LineReader();

  private State state = State.HEAD;
  private boolean requestLineRead;
  private boolean blankLineRead;
  private @Nullable RequestHead head;
  private @Nullable Violation violation;

  /**
   * A parser at the beginning of a connection.
   *
   * @param secure whether the connection is TLS; the scheme of targets that name none
   */
  public RequestParser(HeadPool pool, Limits limits, boolean secure) {
    this(pool, limits, secure, new FramingRules());
  }

  RequestParser(HeadPool pool, Limits limits, boolean secure, FramingRules rules) {
    this.pool = pool;
    this.limits = limits;
    this.secure = secure;
    this.rules = rules;
    this.chunks = new ChunkDecoder(pool, limits, rules);
    this.body = new BodyReader(chunks);
  }

  /** Goes on with these bytes, from the reader index, which it moves past what it took. */
  public Outcome parse(ByteBuf in) {
    return switch (state) {
      case HEAD -> head(in);
      case BODY -> body(in);
      case FAILED -> Outcome.ERROR;
    };
  }

  /** The head, after {@link Outcome#HEAD}. The caller releases it. */
  public RequestHead takeHead() {
    RequestHead taken = head;
    if (taken == null || state != State.BODY) {
      throw new IllegalStateException("no head to take");
    }
    head = null;
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
   * Whether the message ends with what was just handed out, head or data, so that the next outcome
   * is {@link Outcome#END} whatever bytes come. A chunked body never says so.
   */
  public boolean exhausted() {
    return body.exhausted();
  }

  /** How the body of the request whose head was read last ends. */
  public Framing framing() {
    return body.framing();
  }

  /** The body's length, or -1 where it is not known before. */
  public long contentLength() {
    return body.contentLength();
  }

  /** What went wrong, after {@link Outcome#ERROR}. */
  public Optional<Violation> violation() {
    return Optional.ofNullable(violation);
  }

  /** Whether the parser stands between two requests, with no byte of the next. */
  public boolean idle() {
    RequestHead reading = head;
    return state == State.HEAD
        && (reading == null || (!requestLineRead && lines.lineStart == reading.length));
  }

  /** The method of the request being read or refused, as far as it is known, for the log. */
  public Optional<RequestHead> partialHead() {
    return requestLineRead ? Optional.ofNullable(head) : Optional.empty();
  }

  /** All bytes from now on are body: the request was a CONNECT or an upgrade and is accepted. */
  public void tunnel() {
    if (state != State.BODY) {
      throw new IllegalStateException("tunnel outside of a request");
    }
    body.begin(Framing.UNTIL_CLOSE, -1);
  }

  /** Gives back what the parser holds. Nothing may be called afterwards. */
  public void close() {
    state = State.FAILED;
    releaseHead();
    chunks.release();
  }

  private Outcome head(ByteBuf in) {
    RequestHead reading = head;
    if (reading == null) {
      if (!in.isReadable()) {
        return Outcome.NEED_MORE;
      }
      reading = pool.request();
      head = reading;
      requestLineRead = false;
      blankLineRead = false;
      lines.begin();
    }
    while (true) {
      int lf = lines.nextLf(reading, in, lineLimit(), limits.headBytes());
      if (lf == LineReader.NEED_MORE) {
        return Outcome.NEED_MORE;
      }
      if (lf == LineReader.OVER) {
        return fail(requestLineRead ? Violation.HEAD_TOO_LARGE : Violation.REQUEST_LINE_TOO_LONG);
      }
      int start = lines.lineStart;
      lines.lineStart = lf + 1;
      if (lf == start || reading.bytes[lf - 1] != '\r') {
        return fail(Violation.BARE_LF);
      }
      Violation wrong;
      if (lf - 1 > start) {
        wrong = line(reading, start, lf - 1);
      } else if (requestLineRead) {
        lines.unread(reading, in);
        wrong = whole(reading);
        if (wrong == null) {
          state = State.BODY;
          return Outcome.HEAD;
        }
      } else {
        wrong = blankLineRead ? Violation.EMPTY_LINES : null;
        blankLineRead = true;
      }
      if (wrong != null) {
        return fail(wrong);
      }
    }
  }

  private int lineLimit() {
    return requestLineRead ? limits.headBytes() : lines.lineStart + limits.requestLineBytes();
  }

  private @Nullable Violation line(RequestHead reading, int start, int end) {
    if (requestLineRead) {
      return reading.count == limits.headers()
          ? Violation.TOO_MANY_HEADERS
          : FieldLine.parse(reading, start, end);
    }
    reading.scheme(secure ? "https" : "http");
    Violation wrong = RequestLine.parse(reading, start, end);
    requestLineRead = wrong == null;
    return wrong;
  }

  private @Nullable Violation whole(RequestHead reading) {
    reading.completePath();
    Violation wrong = RequestRules.check(reading);
    return wrong != null ? wrong : rules.request(reading, reading.version, body);
  }

  private Outcome body(ByteBuf in) {
    Outcome outcome = body.next(in);
    if (outcome == Outcome.END) {
      releaseHead();
      chunks.release();
      state = State.HEAD;
    } else if (outcome == Outcome.ERROR) {
      violation = chunks.violation();
      state = State.FAILED;
    }
    return outcome;
  }

  private Outcome fail(Violation wrong) {
    violation = wrong;
    state = State.FAILED;
    return Outcome.ERROR;
  }

  private void releaseHead() {
    if (head != null) {
      head.release();
      head = null;
    }
  }
}
