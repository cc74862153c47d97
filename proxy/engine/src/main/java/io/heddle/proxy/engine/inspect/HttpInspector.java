package io.heddle.proxy.engine.inspect;

import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.StatsScope;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Tells which HTTP a clear-text client speaks. One connection's. */
final class HttpInspector implements ListenerFilter {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_LINE = 64 << 10;
  private static final int LONGEST_METHOD = 32;

  private final Stats stats;

  HttpInspector(Stats stats) {
    this.stats = stats;
  }

  /** Its statistics. */
  record Stats(
      StatsScope.Counter http10,
      StatsScope.Counter http11,
      StatsScope.Counter http2,
      StatsScope.Counter notFound) {
    static Stats of(StatsScope root) {
      StatsScope scope = root.scope("http_inspector");
      return new Stats(
          scope.counter("http10_found"),
          scope.counter("http11_found"),
          scope.counter("http2_found"),
          scope.counter("http_not_found"));
    }
  }

  @Override
  public int bytesNeeded() {
    return 1;
  }

  @Override
  public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
    int size = peeked.readableBytes();
    int base = peeked.readerIndex();
    int same = 0;
    while (same < size && same < PREFACE.length && peeked.getByte(base + same) == PREFACE[same]) {
      same++;
    }
    if (same == PREFACE.length) {
      stats.http2().increment();
      connection.applicationProtocols(List.of("h2c"));
      return new PeekDecision.Continue(0);
    }
    if (same == size) {
      return new PeekDecision.NeedMore(size + 1);
    }
    return line(peeked, base, size, connection);
  }

  private PeekDecision line(ByteBuf peeked, int base, int size, ListenerConnection connection) {
    int space = peeked.indexOf(base, base + Math.min(size, LONGEST_METHOD + 1), (byte) ' ');
    int method = space < 0 ? size : space - base;
    for (int i = 0; i < Math.min(method, LONGEST_METHOD + 1); i++) {
      byte c = peeked.getByte(base + i);
      boolean token = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
      if (!token) {
        return none();
      }
    }
    if (method == 0 || method > LONGEST_METHOD) {
      return none();
    }
    int end = peeked.indexOf(base, base + size, (byte) '\n');
    if (end < 0) {
      return size < LONGEST_LINE ? new PeekDecision.NeedMore(size + 1) : none();
    }
    int last = end > base && peeked.getByte(end - 1) == '\r' ? end - 1 : end;
    String version =
        peeked.toString(
            Math.max(base, last - 9), last - Math.max(base, last - 9), StandardCharsets.US_ASCII);
    switch (version) {
      case " HTTP/1.1" -> {
        stats.http11().increment();
        connection.applicationProtocols(List.of("http/1.1"));
      }
      case " HTTP/1.0" -> {
        stats.http10().increment();
        connection.applicationProtocols(List.of("http/1.0"));
      }
      default -> {
        return none();
      }
    }
    return new PeekDecision.Continue(0);
  }

  private PeekDecision none() {
    stats.notFound().increment();
    return new PeekDecision.Continue(0);
  }
}
