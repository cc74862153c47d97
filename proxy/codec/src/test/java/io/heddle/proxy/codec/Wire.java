package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Drives a parser over bytes that arrive in pieces, and writes down what it says. */
final class Wire {
  private final byte[] bytes;

  /**
   * What one run of a parser said: events in order, data of one body joined; whole bodies; whether
   * a message is under way, and its body so far.
   */
  record Transcript(
      String events, String error, List<String> bodies, boolean open, String partial) {
    @Override
    public String toString() {
      return error.isEmpty() ? events : events + "ERROR " + error;
    }
  }

  private Wire(byte[] bytes) {
    this.bytes = bytes;
  }

  static Wire of(String latin1) {
    return new Wire(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  static Wire of(byte[] bytes) {
    return new Wire(bytes);
  }

  int length() {
    return bytes.length;
  }

  /** No cut: all bytes at once. */
  int[] whole() {
    return new int[] {bytes.length};
  }

  /** A cut behind each byte. */
  int[] single() {
    int[] ends = new int[bytes.length];
    Arrays.setAll(ends, i -> i + 1);
    return ends;
  }

  /** Cuts at random places. */
  int[] random(RandomGenerator random) {
    int[] ends = new int[1 + random.nextInt(8)];
    Arrays.setAll(ends, i -> random.nextInt(bytes.length + 1));
    Arrays.sort(ends);
    ends[ends.length - 1] = bytes.length;
    return ends;
  }

  /** What a request parser of these rules says. */
  Transcript requests(Limits limits, FramingRules rules, int[] ends) {
    HeadPool pool = new HeadPool(4);
    RequestParser parser = new RequestParser(pool, limits, false, rules);
    Recorder recorder = new Recorder();
    for (int i = 0; i < ends.length; i++) {
      ByteBuf in = piece(ends, i);
      try {
        while (recorder.requestStep(parser, in)) {}
      } finally {
        in.release();
      }
    }
    String error = parser.violation().map(Enum::name).orElse("");
    parser.close();
    return recorder.done(error, pool);
  }

  /**
   * What a response parser says to answers to requests of these methods, then the connection ends.
   */
  Transcript responses(
      Limits limits, FramingRules rules, int[] ends, boolean upgrade, String... methods) {
    HeadPool pool = new HeadPool(4);
    ResponseParser parser = new ResponseParser(pool, limits, rules);
    Recorder recorder = new Recorder();
    recorder.expectNext(parser, upgrade, methods);
    for (int i = 0; i < ends.length; i++) {
      ByteBuf in = piece(ends, i);
      try {
        while (recorder.responseStep(parser, in, upgrade, methods)) {}
      } finally {
        in.release();
      }
    }
    if (parser.violation().isEmpty()) {
      recorder.closed(parser.inputClosed());
    }
    String error = parser.violation().map(Enum::name).orElse("");
    parser.close();
    return recorder.done(error, pool);
  }

  private ByteBuf piece(int[] ends, int i) {
    int from = i == 0 ? 0 : ends[i - 1];
    return Unpooled.wrappedBuffer(bytes, from, ends[i] - from);
  }

  private static final class Recorder {
    private final StringBuilder events = new StringBuilder();
    private final StringBuilder body = new StringBuilder();
    private final List<String> bodies = new ArrayList<>();
    private boolean inData;
    private boolean open;
    private int expected;

    boolean requestStep(RequestParser parser, ByteBuf in) {
      return switch (parser.parse(in)) {
        case HEAD -> {
          RequestHead head = parser.takeHead();
          open = true;
          event("HEAD " + head.method() + ' ' + head.path() + ' ' + head.authority());
          head.forEach((name, value) -> events.append(' ').append(name).append('=').append(value));
          events.append(' ').append(parser.framing()).append(parser.contentLength());
          if (head.keepAlive()) {
            events.append(" keep");
          }
          events.append('\n');
          head.release();
          yield true;
        }
        case DATA -> {
          data(in, parser.dataLength());
          yield true;
        }
        case TRAILERS -> {
          trailers(parser.takeTrailers());
          yield true;
        }
        case END -> {
          ended();
          yield true;
        }
        case NEED_MORE, ERROR -> false;
      };
    }

    boolean responseStep(ResponseParser parser, ByteBuf in, boolean upgrade, String... methods) {
      return switch (parser.parse(in)) {
        case HEAD -> {
          ResponseHead head = parser.takeHead();
          open = head.status() >= 200 || head.status() == 101;
          event("HEAD " + head.status());
          head.forEach((name, value) -> events.append(' ').append(name).append('=').append(value));
          if (head.status() >= 200 || head.status() == 101) {
            events.append(' ').append(parser.framing()).append(parser.contentLength());
            events.append(head.keepAlive() ? " keep" : "");
          }
          events.append('\n');
          head.release();
          yield true;
        }
        case DATA -> {
          data(in, parser.dataLength());
          yield true;
        }
        case TRAILERS -> {
          trailers(parser.takeTrailers());
          yield true;
        }
        case END -> {
          ended();
          expectNext(parser, upgrade, methods);
          yield true;
        }
        case NEED_MORE, ERROR -> false;
      };
    }

    void expectNext(ResponseParser parser, boolean upgrade, String... methods) {
      if (expected < methods.length) {
        parser.expect(methods[expected++], upgrade);
      }
    }

    void closed(Outcome outcome) {
      if (outcome == Outcome.END) {
        ended();
      }
    }

    private void ended() {
      event("END\n");
      bodies.add(body.toString());
      body.setLength(0);
      open = false;
    }

    private void data(ByteBuf in, int length) {
      if (length <= 0 || length > in.readableBytes()) {
        throw new AssertionError("dataLength: " + length + " of " + in.readableBytes());
      }
      if (!inData) {
        event("DATA ");
        inData = true;
      }
      CharSequence data = in.readCharSequence(length, StandardCharsets.ISO_8859_1);
      events.append(data);
      body.append(data);
    }

    private void trailers(Trailers trailers) {
      event("TRAILERS");
      trailers.forEach((name, value) -> events.append(' ').append(name).append('=').append(value));
      events.append('\n');
      trailers.release();
    }

    private void event(String text) {
      if (inData) {
        events.append('\n');
        inData = false;
      }
      events.append(text);
    }

    Transcript done(String error, HeadPool pool) {
      if (pool.leased() != 0) {
        throw new AssertionError("heads not given back: " + pool.leased());
      }
      event("");
      return new Transcript(events.toString(), error, bodies, open, body.toString());
    }
  }
}
