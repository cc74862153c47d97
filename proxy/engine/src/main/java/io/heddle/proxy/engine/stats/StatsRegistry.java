package io.heddle.proxy.engine.stats;

import io.heddle.xds.model.StatsConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * All statistics of a process. A removed cluster's are hidden and keep their cells, so that a loop
 * that still counts for it can never count for another; the same name gets the same cells again.
 */
public final class StatsRegistry {
  final LoopStats[] loops;
  final LoopStats shared;
  private final AtomicInteger nextId = new AtomicInteger();
  private final Map<String, ScalarStat> scalars = new ConcurrentHashMap<>();
  private final Map<String, HistogramStat> histograms = new ConcurrentHashMap<>();
  private final Map<String, TextStat> texts = new ConcurrentHashMap<>();
  private final Map<String, Derived> derived = new ConcurrentHashMap<>();
  private final Set<String> hidden = ConcurrentHashMap.newKeySet();

  private final StatNaming naming;

  private record Derived(StatName name, LongSupplier value) {}

  /** A registry for this many loops, with Envoy's default names. */
  public StatsRegistry(int concurrency) {
    this(concurrency, StatsConfig.DEFAULT);
  }

  /** A registry for this many loops. */
  public StatsRegistry(int concurrency, StatsConfig config) {
    naming = new StatNaming(config);
    loops = new LoopStats[concurrency];
    for (int i = 0; i < concurrency; i++) {
      loops[i] = new LoopStats(i);
    }
    shared = new LoopStats(concurrency);
  }

  /** The cells of one loop. */
  public LoopStats loop(int index) {
    return loops[index];
  }

  /** The scope without a prefix. */
  public Scope root() {
    return new Scope(this, StatName.ROOT);
  }

  ScalarStat scalar(StatName name, boolean monotonic) {
    hidden.remove(name.full());
    ScalarStat stat =
        scalars.computeIfAbsent(
            name.full(),
            full ->
                new ScalarStat(
                    this,
                    naming.finish(name),
                    nextId.getAndIncrement(),
                    monotonic,
                    naming.shows(full)));
    if (stat.monotonic != monotonic) {
      throw new IllegalArgumentException(
          name.full() + ": is a " + (monotonic ? "gauge" : "counter") + " already");
    }
    return stat;
  }

  /**
   * What another process has counted.
   *
   * @param counter or else a gauge
   * @param amount to be added; of a gauge also less than zero
   */
  public record Carried(StatName name, boolean counter, long amount) {}

  /** Adds what another process has counted; a gauge that is computed here is left alone. */
  public void carry(List<Carried> stats) {
    for (Carried stat : stats) {
      String name = stat.name().full();
      ScalarStat known = scalars.get(name);
      if (known == null && !derived.containsKey(name)) {
        // Its tags are as the other process has cut them out.
        known =
            scalars.computeIfAbsent(
                name,
                full ->
                    new ScalarStat(
                        this,
                        stat.name(),
                        nextId.getAndIncrement(),
                        stat.counter(),
                        naming.shows(full)));
      }
      if (known != null && known.monotonic == stat.counter()) {
        known.add(stat.amount());
      }
    }
  }

  HistogramStat histogram(StatName name) {
    hidden.remove(name.full());
    return histograms.computeIfAbsent(
        name.full(),
        full ->
            new HistogramStat(this, naming.finish(name), naming.bounds(full), naming.shows(full)));
  }

  TextStat text(StatName name) {
    hidden.remove(name.full());
    return texts.computeIfAbsent(
        name.full(), full -> new TextStat(naming.finish(name), naming.shows(full)));
  }

  void derived(StatName name, LongSupplier value) {
    if (naming.shows(name.full())) {
      derived.put(name.full(), new Derived(naming.finish(name), value));
    }
  }

  void hide(String prefix) {
    // These have no cells to keep, and what they look at should not live on.
    derived.keySet().removeIf(name -> name.startsWith(prefix));
    texts.keySet().removeIf(name -> name.startsWith(prefix));
    for (String name : scalars.keySet()) {
      if (name.startsWith(prefix)) {
        hidden.add(name);
      }
    }
    for (String name : histograms.keySet()) {
      if (name.startsWith(prefix)) {
        hidden.add(name);
      }
    }
  }

  /** Counters and histograms count from here on; gauges stay. Safe on every thread. */
  public void reset() {
    for (ScalarStat stat : scalars.values()) {
      if (stat.monotonic) {
        stat.reset();
      }
    }
    histograms.values().forEach(HistogramStat::reset);
  }

  /** What all statistics are now, sorted by name. */
  public StatsSnapshot snapshot() {
    List<StatsSnapshot.Scalar> counters = new ArrayList<>();
    List<StatsSnapshot.Scalar> gauges = new ArrayList<>();
    for (ScalarStat stat : scalars.values()) {
      if (stat.shown && !hidden.contains(stat.name.full())) {
        (stat.monotonic ? counters : gauges).add(new StatsSnapshot.Scalar(stat.name, stat.value()));
      }
    }
    for (Derived stat : derived.values()) {
      gauges.add(new StatsSnapshot.Scalar(stat.name(), stat.value().getAsLong()));
    }
    List<StatsSnapshot.Distribution> distributions = new ArrayList<>();
    for (HistogramStat stat : histograms.values()) {
      if (stat.shown && !hidden.contains(stat.name.full())) {
        distributions.add(stat.read());
      }
    }
    List<StatsSnapshot.Text> written = new ArrayList<>();
    for (TextStat stat : texts.values()) {
      if (stat.shown) {
        written.add(new StatsSnapshot.Text(stat.name, stat.value()));
      }
    }
    written.sort(Comparator.comparing(text -> text.name().full()));
    Comparator<StatsSnapshot.Scalar> byName = Comparator.comparing(scalar -> scalar.name().full());
    counters.sort(byName);
    gauges.sort(byName);
    distributions.sort(Comparator.comparing(distribution -> distribution.name().full()));
    return new StatsSnapshot(counters, gauges, distributions, written);
  }
}
