package io.heddle.proxy.api;

/**
 * Makes statistics under a prefix. Ask once, when configuration is parsed, and keep what you get;
 * the same name always gives the same statistic. Safe on every thread.
 */
public interface StatsScope {
  /** A scope below this one; {@code name} ends without a dot. */
  StatsScope scope(String name);

  /**
   * The scope {@code name.value}, whose value readers get as a tag: {@code tagged("cluster",
   * "envoy_cluster_name", "shop")}.
   */
  default StatsScope tagged(String name, String tag, String value) {
    return scope(name).scope(value);
  }

  /** A number that only grows. */
  Counter counter(String name);

  /** A number that goes up and down. */
  Gauge gauge(String name);

  /** A distribution of values, in milliseconds where the name ends on {@code time}. */
  Histogram histogram(String name);

  /** A text such as a version, empty at first. */
  Text text(String name);

  /** Kept per event loop and summed on read; from other threads exact too, only slower. */
  interface Counter {
    /** Adds one. */
    default void increment() {
      add(1);
    }

    /** Adds {@code amount}, at least 0. */
    void add(long amount);

    /** The sum so far; not a snapshot in step with other statistics. */
    long value();
  }

  /** As a counter, but may fall. */
  interface Gauge {
    /** Adds {@code amount}, which may be negative. */
    void add(long amount);

    /** The sum. */
    long value();
  }

  /** A text that says what a number cannot; readers see the last that was set. */
  interface Text {
    /** Replaces the text. */
    void set(String value);

    /** The text. */
    String value();
  }

  /** Records values of 0 and more. */
  interface Histogram {
    /** Records one value. */
    void record(long value);
  }
}
