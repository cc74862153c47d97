package io.heddle.proxy.engine.overload;

/** What the process does without just now. Safe on every thread. */
public final class Overload {
  /** Share of memory from which what can be given back is given back. */
  public static final double SHRINK = 0.95;

  /** Share of memory from which nothing new is taken. */
  public static final double REFUSE = 0.98;

  /** Below this share things are taken again, so that it does not flutter. */
  static final double TAKE_AGAIN = 0.96;

  private volatile boolean shrinks;
  private volatile boolean refuses;

  /** Whether new connections and requests are refused and connections end with their response. */
  public boolean refuses() {
    return refuses;
  }

  /** Whether memory that is kept for later should be given back. */
  public boolean shrinks() {
    return shrinks;
  }

  /** Takes note of the share of memory in use, 0 to 1: the fullest kind of memory counts. */
  public void pressure(double share) {
    shrinks = share >= SHRINK;
    refuses = share >= REFUSE || (refuses && share >= TAKE_AGAIN);
  }
}
