package io.heddle.proxy.api;

import io.netty.buffer.ByteBuf;

/**
 * Looks at the first bytes of a connection before its filter chain is chosen. Runs on the event
 * loop that accepted the connection.
 */
public interface ListenerFilter {
  /**
   * Bytes that must be there before {@link #onPeek} is worth calling; 0 for a filter that needs
   * none.
   */
  int bytesNeeded();

  /** Sees what has come so far, without consuming it unless it says so. */
  PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection);

  /** What a listener filter wants done. */
  sealed interface PeekDecision {
    /** Done: take {@code consume} bytes away and go on. */
    record Continue(int consume) implements PeekDecision {}

    /** Call again when at least this many bytes are there; at most 64 KiB. */
    record NeedMore(int bytes) implements PeekDecision {}

    /** Close the connection, for this reason. */
    record Close(String detail) implements PeekDecision {}
  }

  /** What a listener filter may find out and set. */
  interface ListenerConnection {
    /** Addresses as known so far. */
    ConnectionInfo info();

    /** The peer's true address, as a PROXY header tells it. */
    void remoteAddress(java.net.InetSocketAddress address);

    /** The destination before redirection. */
    void originalDestination(java.net.InetSocketAddress address);

    /** Server name, for filter-chain match. */
    void serverName(String name);

    /** {@code raw_buffer} or {@code tls}, for filter-chain match. */
    void transportProtocol(String protocol);

    /** Application protocols offered (ALPN names), for filter-chain match. */
    void applicationProtocols(java.util.List<String> protocols);

    /**
     * Where the kernel says that the connection was going before it was redirected here; empty
     * where it was not.
     */
    default java.util.Optional<java.net.InetSocketAddress> redirectedFrom() {
      return java.util.Optional.empty();
    }

    /** Puts a value under this namespace and key, for all that comes on the connection. */
    default void metadata(String namespace, String key, com.google.protobuf.Value value) {}
  }
}
