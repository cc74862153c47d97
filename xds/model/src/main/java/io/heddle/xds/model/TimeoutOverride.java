package io.heddle.xds.model;

import java.time.Duration;

/** A time that a route sets, or leaves as the connection manager has it. */
public sealed interface TimeoutOverride {

  enum Inherited implements TimeoutOverride {
    INHERITED
  }

  /** Set; zero means none. */
  record To(Duration timeout) implements TimeoutOverride {}

  /** The time that holds, given the connection manager's. */
  default Duration over(Duration inherited) {
    return switch (this) {
      case To to -> to.timeout();
      case Inherited _ -> inherited;
    };
  }
}
