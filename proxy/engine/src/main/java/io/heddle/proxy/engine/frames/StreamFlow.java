package io.heddle.proxy.engine.frames;

import org.jspecify.annotations.Nullable;

/**
 * Flow control of one stream, in both directions. While its reader is slow the credit for what has
 * come is owed to the peer, and given when the reader goes on or the stream is over; what is sent
 * may gather here until the peer gives credit in its turn. Owned by the connection's loop.
 *
 * @param <S> what the connection's owner has for a stream
 */
public final class StreamFlow<S> {
  private final FrameConnection<S> frames;
  private @Nullable FrameStream<S> stream;
  private int readDisabled;
  private int owed;
  private boolean slow;

  /** Of a stream of this connection, which {@link #begin} names. */
  public StreamFlow(FrameConnection<S> frames) {
    this.frames = frames;
  }

  /** There is a stream. */
  public void begin(FrameStream<S> on) {
    stream = on;
  }

  /** Begins anew, for another stream than before. */
  public void renew(FrameStream<S> on) {
    stream = on;
    readDisabled = 0;
    owed = 0;
    slow = false;
  }

  /** The stream is no more. */
  public void end() {
    stream = null;
  }

  /** The stream, while there is one. */
  public @Nullable FrameStream<S> stream() {
    return stream;
  }

  /**
   * The same where it must be there.
   *
   * @throws IllegalStateException there is no stream
   */
  public FrameStream<S> open() {
    FrameStream<S> on = stream;
    if (on == null) {
      throw new IllegalStateException("no stream");
    }
    return on;
  }

  /** So many bytes were given to the reader; returns for how many of them credit is due now. */
  public int came(int bytes) {
    if (readDisabled == 0) {
      return bytes;
    }
    owed += bytes;
    return 0;
  }

  /** One more who wants no more bytes. */
  public void disableRead() {
    readDisabled++;
  }

  /** One fewer. */
  public void enableRead() {
    if (readDisabled > 0 && --readDisabled == 0) {
      giveCredit();
    }
  }

  /** Gives the credit that is owed. */
  public void giveCredit() {
    int credit = owed;
    FrameStream<S> on = stream;
    owed = 0;
    if (on != null) {
      frames.consumed(on, credit);
    }
  }

  /** Whether what is sent only gathers, as far as was noticed. */
  public boolean slow() {
    return slow;
  }

  /** Looks whether what is sent only gathers now; true where that has changed. */
  public boolean slowChanged() {
    FrameStream<S> on = stream;
    if (on == null || frames.writable(on) != slow) {
      return false;
    }
    slow = !slow;
    return true;
  }
}
