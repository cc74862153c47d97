package io.heddle.proxy.engine.loop;

import io.netty.channel.Channel;

/**
 * Whether a connection is read: not while anyone has it switched off. One for each connection,
 * shared by all handlers of its pipeline, as a handler that switched reading on by itself would
 * undo what another relies on. Owned by the connection's loop.
 */
public final class ReadSwitch {
  private final Channel channel;
  private int off;

  /** On, as channels begin. */
  public ReadSwitch(Channel channel) {
    this.channel = channel;
  }

  /** Reads no more until {@link #enable} was called as often. */
  public void disable() {
    if (off++ == 0) {
      channel.config().setAutoRead(false);
    }
  }

  /** Undoes one {@link #disable}. */
  public void enable() {
    if (off == 0) {
      throw new IllegalStateException("enable: reading is on already");
    }
    if (--off == 0 && channel.isOpen()) {
      channel.config().setAutoRead(true);
    }
  }
}
