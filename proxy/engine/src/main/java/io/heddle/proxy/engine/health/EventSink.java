package io.heddle.proxy.engine.health;

/** Where events are written, one a line. Safe on every thread; never waits for a disk. */
// Nobody is one object.
@SuppressWarnings("ReferenceEquality")
public interface EventSink extends AutoCloseable {
  /** Nobody reads them. */
  EventSink NONE =
      new EventSink() {
        @Override
        public void line(String text) {
          // Nobody reads it.
        }

        @Override
        public void close() {
          // There is nothing to close.
        }
      };

  /** Writes to both; where one is nobody only to the other. */
  static EventSink both(EventSink one, EventSink other) {
    if (one == NONE) {
      return other;
    }
    return new EventSink() {
      @Override
      public void line(String text) {
        one.line(text);
        other.line(text);
      }

      @Override
      public void close() {
        one.close();
        other.close();
      }
    };
  }

  /** Whether nobody reads it, so that no line need be made. */
  default boolean silent() {
    return this == NONE;
  }

  /** Writes a line; {@code text} has no line end. */
  void line(String text);

  @Override
  void close();
}
