package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a connection, and used again for another when it has closed (RFC 9113, 5.1): idle
 * and closed ones are none, open ones have neither end, half-closed ones have one of them. Owned by
 * the connection's loop.
 *
 * @param <S> what the owner of the connection has for a stream
 */
public final class FrameStream<S> {
  int id;
  @Nullable S user;

  /** We have said our last. */
  boolean localEnd;

  /** The peer has said its last. */
  boolean remoteEnd;

  /** It was reset by us, and closes when that is on its way. */
  boolean resetSent;

  /** It is over and waits for the turn's end to close. */
  boolean closing;

  /** What the peer has yet to say is not wanted once our end is said. */
  boolean resetAtEnd;

  /** The head that is no informational one has come. */
  boolean headSeen;

  /** Bytes of body that the head speaks of; negative for nothing. */
  long expected;

  long came;

  // Sending.
  int sendWindow;
  long pendingBytes;
  final ArrayDeque<ByteBuf> pending = new ArrayDeque<>(2);
  boolean pendingEnd;
  @Nullable FieldList pendingTrailers;
  boolean queued;

  // Receiving.
  int receiveWindow;
  int credit;
  int unconsumed;

  FrameStream<S> renew(int newId, int newSendWindow, int newReceiveWindow) {
    id = newId;
    user = null;
    localEnd = false;
    remoteEnd = false;
    resetSent = false;
    closing = false;
    resetAtEnd = false;
    headSeen = false;
    expected = -1;
    came = 0;
    sendWindow = newSendWindow;
    pendingBytes = 0;
    pendingEnd = false;
    pendingTrailers = null;
    queued = false;
    receiveWindow = newReceiveWindow;
    credit = 0;
    unconsumed = 0;
    return this;
  }

  /** Its number. */
  public int id() {
    return id;
  }

  /** Whether something waits for the peer's credit or for the socket. */
  boolean waits() {
    return !pending.isEmpty();
  }
}
