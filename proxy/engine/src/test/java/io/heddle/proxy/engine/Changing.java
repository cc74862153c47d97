package io.heddle.proxy.engine;

/** Something that a test changes while others look at it. Safe on every thread. */
final class Changing<T> {
  private volatile T now;

  Changing(T first) {
    now = first;
  }

  T get() {
    return now;
  }

  void set(T next) {
    now = next;
  }
}
