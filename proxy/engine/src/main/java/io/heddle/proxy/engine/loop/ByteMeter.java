package io.heddle.proxy.engine.loop;

import io.heddle.proxy.api.StreamInfo.WireBytes;

/**
 * Counts the bytes of one stream on one connection, as they are on the wire before encryption.
 * Owned by the connection's loop.
 */
public final class ByteMeter {
  private long received;
  private long sent;
  private long headReceived;
  private long headSent;

  /** Begins anew. */
  public void clear() {
    received = 0;
    sent = 0;
    headReceived = 0;
    headSent = 0;
  }

  /** So many bytes have come, of whatever kind. */
  public void received(long bytes) {
    received += bytes;
  }

  /** So many bytes were given to the connection, of whatever kind. */
  public void sent(long bytes) {
    sent += bytes;
  }

  /** So many of those that came were fields of heads or trailers. */
  public void headReceived(long bytes) {
    headReceived += bytes;
  }

  /** So many of those that were given to the connection were fields of heads or trailers. */
  public void headSent(long bytes) {
    headSent += bytes;
  }

  /** What was counted until now. */
  public WireBytes now() {
    return new WireBytes(received, sent, headReceived, headSent);
  }
}
