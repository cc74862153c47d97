package io.heddle.proxy.engine.overload;

import io.heddle.xds.model.OverloadConfig.Action;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** What the process does without just now. Safe on every thread. */
public final class Overload {
  /** Share of memory from which what can be given back is given back. */
  public static final double SHRINK = 0.95;

  /** Share of memory from which nothing new is taken. */
  public static final double REFUSE = 0.98;

  /** Below this share things are taken again, so that it does not flutter. */
  static final double TAKE_AGAIN = 0.96;

  private volatile double[] strengths = new double[Action.values().length];

  /** How strong each action is, 0 to 1, by its ordinal. */
  void strengths(double[] next) {
    strengths = Arrays.copyOf(next, next.length);
  }

  /** How strong this action is, from 0, not at all, to 1, fully. */
  @SuppressWarnings("EnumOrdinal") // A place in an array that is never stored.
  public double strength(Action action) {
    return strengths[action.ordinal()];
  }

  /** Whether the action is taken this time: always at 1, never at 0. */
  public boolean hits(Action action, RandomGenerator random) {
    double strength = strength(action);
    return strength > 0 && (strength >= 1 || random.nextDouble() < strength);
  }
}
