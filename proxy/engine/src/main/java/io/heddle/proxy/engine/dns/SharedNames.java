package io.heddle.proxy.engine.dns;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.NameCache;
import io.heddle.proxy.api.NameCacheSettings;
import io.heddle.proxy.api.NameCaches;
import io.heddle.proxy.engine.stats.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The name caches of the process, each for as long as someone uses it. Safe on every thread. */
public final class SharedNames implements NameCaches {
  private final HostResolver resolver;
  private final ScheduledExecutorService scheduler;
  private final LongSupplier nanoTime;
  private final Scope root;
  private final Map<String, Held> byName = new HashMap<>(); // Under the lock.

  private static final class Held {
    final NameTable table;
    int uses;

    Held(NameTable table) {
      this.table = table;
    }
  }

  /** None yet. */
  public SharedNames(
      HostResolver resolver,
      ScheduledExecutorService scheduler,
      LongSupplier nanoTime,
      Scope root) {
    this.resolver = resolver;
    this.scheduler = scheduler;
    this.nanoTime = nanoTime;
    this.root = root;
  }

  @Override
  public Use open(NameCacheSettings settings) throws FilterConfigException {
    synchronized (this) {
      Held held = byName.get(settings.name());
      if (held == null) {
        held = new Held(new NameTable(settings, resolver, scheduler, nanoTime, root));
        byName.put(settings.name(), held);
      } else if (!held.table.settings().equals(settings)) {
        throw new FilterConfigException(
            "name",
            settings.name(),
            "the settings that the cache of this name has, or another name");
      }
      held.uses++;
      return new Use(held.table);
    }
  }

  private synchronized void released(NameTable table) {
    Held held = byName.get(table.settings().name());
    if (held != null && --held.uses == 0) {
      byName.remove(table.settings().name());
      table.close();
    }
  }

  /** One use of a cache. */
  public final class Use implements NameCache {
    private final NameTable table;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Use(NameTable table) {
      this.table = table;
    }

    /** What it knows. */
    public NameTable table() {
      return table;
    }

    @Override
    public Lookup look(String authority, int defaultPort, Consumer<Answer> then) {
      return table.look(authority, defaultPort, then);
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        released(table);
      }
    }
  }
}
