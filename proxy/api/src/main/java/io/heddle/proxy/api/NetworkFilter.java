package io.heddle.proxy.api;

import io.netty.buffer.ByteBuf;

/**
 * Sees the bytes of one downstream connection before (reading) and after (writing) the filters that
 * follow. Runs on the connection's event loop.
 */
public interface NetworkFilter {
  /**
   * The connection stands. The filters after this one, and what ends the chain, hear of it only
   * when this one goes on.
   */
  default NetworkDecision onConnected() {
    return NetworkDecision.CONTINUE;
  }

  /** Bytes from the client, borrowed; may be changed in place. */
  default NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
    return NetworkDecision.CONTINUE;
  }

  /**
   * Bytes to the client, borrowed; may be changed in place. {@code endOfOutput} when the proxy
   * shuts its side down and may still read; a connection that it closes as a whole is told by
   * {@link #onClosed} only.
   */
  default NetworkDecision onWrite(ByteBuf data, boolean endOfOutput) {
    return NetworkDecision.CONTINUE;
  }

  /** The connection is gone; the last call. */
  default void onClosed() {}

  /** What a network filter wants done. */
  enum NetworkDecision {
    /** Goes on to the next filter. */
    CONTINUE,
    /**
     * Holds the bytes of this direction, these and what comes after them, until {@link
     * Connection#resume}. From {@code onConnected} and {@code onRead} it stops reading from the
     * client; from {@code onWrite} whoever produces the output is told to wait, and a close waits
     * too. Bytes that were shown already are not shown again.
     */
    SUSPEND,
    /** Closes the connection at once; what is held is dropped. */
    CLOSE
  }

  /** The connection as a network filter sees it. */
  interface Connection {
    /** Addresses and identity. */
    ConnectionInfo info();

    /** Goes on after {@link NetworkDecision#SUSPEND}, in both directions. */
    void resume();

    /** Writes to the client, through the filters before this one only. Takes ownership. */
    void write(ByteBuf data);

    /**
     * Closes after what was written has left. Where a terminal filter stands last, the output ends
     * first and the client has a moment to close, so that it loses nothing that it has not read.
     */
    void close();

    /** Calls {@code task} on the event loop after {@code delay}. */
    HttpFilterContext.Timer schedule(java.time.Duration delay, Runnable task);

    /**
     * Calls services through the proxy's own clusters. What is under way when the connection goes
     * is cancelled, and its handler not called.
     */
    AsyncHttpClient httpClient();

    /** Typed objects shared by the filters of this connection. */
    FilterState filterState();
  }
}
