package io.heddle.proxy.app.dynamic;

/** How far the first configuration has come. */
public enum Progress {
  /** The first clusters are not there or not warm. */
  WAITING_FOR_CLUSTERS,
  /** The first listeners are not there or have no routes yet. */
  WAITING_FOR_LISTENERS,
  /** All that was asked for at start serves, or its time is over. */
  DONE
}
