package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.RuntimeView;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Values of a runtime, as a test sets them: whole numbers, which are percentages of shares. */
public final class FakeRuntime implements RuntimeView {
  private final Map<String, Long> values = new ConcurrentHashMap<>();

  /** Without a value. */
  public FakeRuntime() {}

  /** Sets a value; as a flag anything but zero is true. */
  public void set(String key, long value) {
    values.put(key, value);
  }

  @Override
  public boolean flag(String key, boolean absent) {
    return values.containsKey(key) ? integer(key, 0) != 0 : absent;
  }

  @Override
  public long integer(String key, long absent) {
    return values.getOrDefault(key, absent);
  }

  @Override
  public double number(String key, double absent) {
    return values.containsKey(key) ? integer(key, 0) : absent;
  }

  @Override
  public boolean includes(String key, long numerator, int denominator, long random) {
    return values.containsKey(key)
        ? Long.remainderUnsigned(random, 100) < integer(key, 0)
        : RuntimeView.NONE.includes(key, numerator, denominator, random);
  }
}
