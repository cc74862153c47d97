package io.heddle.proxy.engine.stats;

import io.heddle.proxy.api.StatsScope;
import java.util.function.LongSupplier;

/** Makes statistics under a prefix, some of whose parts are tags. Safe on every thread. */
public final class Scope implements StatsScope {
  private final StatsRegistry registry;
  private final StatName prefix;

  Scope(StatsRegistry registry, StatName prefix) {
    this.registry = registry;
    this.prefix = prefix;
  }

  @Override
  public Scope scope(String name) {
    return new Scope(registry, prefix.child(name));
  }

  @Override
  public Scope tagged(String segment, String tag, String value) {
    return new Scope(registry, prefix.tagged(segment, tag, value));
  }

  @Override
  public ScalarStat counter(String name) {
    return registry.scalar(prefix.child(name), true);
  }

  @Override
  public ScalarStat gauge(String name) {
    return registry.scalar(prefix.child(name), false);
  }

  /** A gauge that is whatever this says when someone looks; the last to be asked for counts. */
  public void gauge(String name, LongSupplier value) {
    registry.derived(prefix.child(name), value);
  }

  @Override
  public HistogramStat histogram(String name) {
    return registry.histogram(prefix.child(name));
  }

  @Override
  public StatsScope.Text text(String name) {
    return registry.text(prefix.child(name));
  }

  /** For what is counted and shown to nobody, on whatever level this is. */
  public Scope unseen() {
    return new Scope(registry, StatName.ROOT.child(StatNaming.UNSEEN));
  }

  /** Takes the statistics under this scope out of view, until one is asked for again. */
  public void hide() {
    registry.hide(prefix.full() + ".");
  }
}
