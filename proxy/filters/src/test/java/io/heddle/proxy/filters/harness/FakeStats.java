package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.StatsScope;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Statistics in a map, by their full names. */
public final class FakeStats implements StatsScope {
  private final String prefix;
  private final Map<String, AtomicLong> values;

  /** An empty scope without prefix. */
  public FakeStats() {
    this("", new ConcurrentSkipListMap<>());
  }

  private FakeStats(String prefix, Map<String, AtomicLong> values) {
    this.prefix = prefix;
    this.values = values;
  }

  /** The value of a statistic; 0 where it was never asked for. */
  public long value(String name) {
    AtomicLong value = values.get(name);
    return value == null ? 0 : value.get();
  }

  /** All statistics. */
  public Map<String, Long> all() {
    Map<String, Long> all = new TreeMap<>();
    values.forEach((name, value) -> all.put(name, value.get()));
    return all;
  }

  @Override
  public StatsScope scope(String name) {
    return new FakeStats(prefix + name + '.', values);
  }

  private AtomicLong cell(String name) {
    return values.computeIfAbsent(prefix + name, ignored -> new AtomicLong());
  }

  @Override
  public Counter counter(String name) {
    AtomicLong cell = cell(name);
    return new Counter() {
      @Override
      public void add(long amount) {
        cell.addAndGet(amount);
      }

      @Override
      public long value() {
        return cell.get();
      }
    };
  }

  @Override
  public Gauge gauge(String name) {
    AtomicLong cell = cell(name);
    return new Gauge() {
      @Override
      public void add(long amount) {
        cell.addAndGet(amount);
      }

      @Override
      public long value() {
        return cell.get();
      }
    };
  }

  @Override
  public Text text(String name) {
    return new Text() {
      private String value = "";

      @Override
      public void set(String text) {
        value = text;
      }

      @Override
      public String value() {
        return value;
      }
    };
  }

  @Override
  public Histogram histogram(String name) {
    return cell(name)::addAndGet;
  }
}
