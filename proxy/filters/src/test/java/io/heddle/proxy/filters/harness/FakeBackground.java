package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.HttpFilterContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A background thread that runs when the test says so. */
public final class FakeBackground implements Background {
  private final List<Runnable> soon = new ArrayList<>();
  private final List<Runnable> regular = new ArrayList<>();

  /** Nothing to do yet. */
  public FakeBackground() {}

  /** Runs what was given to {@link #run}, and what that gives. */
  public void runSoon() {
    while (!soon.isEmpty()) {
      soon.removeFirst().run();
    }
  }

  /** Runs what comes regularly once, and what was given to {@link #run}. */
  public void tick() {
    List.copyOf(regular).forEach(Runnable::run);
    runSoon();
  }

  /** How many tasks come regularly. */
  public int regular() {
    return regular.size();
  }

  @Override
  public void run(Runnable task) {
    soon.add(task);
  }

  @Override
  public HttpFilterContext.Timer every(Duration interval, Runnable task) {
    regular.add(task);
    return () -> regular.remove(task);
  }
}
