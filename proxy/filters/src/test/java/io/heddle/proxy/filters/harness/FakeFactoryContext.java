package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.testkit.ManualTime;
import java.time.InstantSource;

/** What a factory gets: statistics in a map and time that stands still. */
public record FakeFactoryContext(FakeStats stats, ManualTime time) implements FilterFactoryContext {
  /** New statistics and new time. */
  public FakeFactoryContext() {
    this(new FakeStats(), new ManualTime());
  }

  @Override
  public InstantSource clock() {
    return time;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public int concurrency() {
    return 2;
  }
}
