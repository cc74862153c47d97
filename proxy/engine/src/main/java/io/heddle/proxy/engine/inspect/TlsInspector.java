package io.heddle.proxy.engine.inspect;

import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.StatsScope;
import io.netty.buffer.ByteBuf;

/** Tells TLS from clear text, and which name and protocols a client asks for. One connection's. */
final class TlsInspector implements ListenerFilter {
  private static final int MOST = 64 << 10;

  private final Stats stats;
  private final boolean closeOnErrors;

  TlsInspector(Stats stats, boolean closeOnErrors) {
    this.stats = stats;
    this.closeOnErrors = closeOnErrors;
  }

  /** Its statistics. */
  record Stats(
      StatsScope.Counter tlsFound,
      StatsScope.Counter tlsNotFound,
      StatsScope.Counter sniFound,
      StatsScope.Counter sniNotFound,
      StatsScope.Counter alpnFound,
      StatsScope.Counter alpnNotFound,
      StatsScope.Counter tooLarge) {
    static Stats of(StatsScope root) {
      StatsScope scope = root.scope("tls_inspector");
      return new Stats(
          scope.counter("tls_found"),
          scope.counter("tls_not_found"),
          scope.counter("sni_found"),
          scope.counter("sni_not_found"),
          scope.counter("alpn_found"),
          scope.counter("alpn_not_found"),
          scope.counter("client_hello_too_large"));
    }
  }

  @Override
  public int bytesNeeded() {
    return 1;
  }

  @Override
  public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
    ClientHello hello = new ClientHello();
    switch (hello.read(peeked)) {
      case NEED_MORE -> {
        int more = peeked.readableBytes() + 1;
        if (more <= MOST) {
          return new PeekDecision.NeedMore(more);
        }
        stats.tooLarge().increment();
        return new PeekDecision.Close("client_hello_too_large");
      }
      case MALFORMED -> {
        // BoringSSL would say no to it, too; Envoy leaves it to the chain.
        stats.tlsNotFound().increment();
        if (closeOnErrors) {
          return new PeekDecision.Close("client_hello_malformed");
        }
      }
      case NOT_TLS -> {
        stats.tlsNotFound().increment();
        connection.transportProtocol("raw_buffer");
      }
      case WHOLE -> found(hello, connection);
    }
    return new PeekDecision.Continue(0);
  }

  private void found(ClientHello hello, ListenerConnection connection) {
    stats.tlsFound().increment();
    connection.transportProtocol("tls");
    if (hello.serverName().isEmpty()) {
      stats.sniNotFound().increment();
    } else {
      stats.sniFound().increment();
      connection.serverName(hello.serverName());
    }
    if (hello.protocols().isEmpty()) {
      stats.alpnNotFound().increment();
    } else {
      stats.alpnFound().increment();
      connection.applicationProtocols(hello.protocols());
    }
  }
}
