package io.heddle.control.api.registry;

/** How sure the registry is that an instance is there. It serves traffic in all three. */
public enum Presence {
  /** Its lease is renewed. */
  LIVE,
  /** Its stream broke or fell silent; it goes when the grace is over. */
  GRACE,
  /** Its grace is over, but too many went at once to believe it: see {@link Isolation}. */
  HELD
}
