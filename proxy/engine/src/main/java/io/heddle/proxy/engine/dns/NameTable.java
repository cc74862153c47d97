package io.heddle.proxy.engine.dns;

import io.heddle.proxy.api.NameCache.Answer;
import io.heddle.proxy.api.NameCache.Lookup;
import io.heddle.proxy.api.NameCacheSettings;
import io.heddle.proxy.engine.dns.HostResolver.Resolved;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One cache of names. A name that has an address is looked up again when its answer has aged, and
 * keeps the address if that fails; one that nobody has used for its time to live is forgotten. A
 * name without an address is looked up anew by the next request that asks for it.
 */
public final class NameTable {
  private static final Logger LOG = LoggerFactory.getLogger(NameTable.class);

  private final NameCacheSettings settings;
  private final HostResolver resolver;
  private final ScheduledExecutorService scheduler;
  private final LongSupplier nanoTime;
  private final Map<String, NameEntry> entries = new ConcurrentHashMap<>();
  private final List<Consumer<NameEntry>> watchers = new CopyOnWriteArrayList<>();
  private final AtomicInteger places = new AtomicInteger();
  private final SplittableRandom random = new SplittableRandom(); // Of the discovery thread.
  private final Scope scope;
  private final ScalarStat attempts;
  private final ScalarStat successes;
  private final ScalarStat failures;
  private final ScalarStat timeouts;
  private final ScalarStat addressChanged;
  private final ScalarStat added;
  private final ScalarStat removed;
  private final ScalarStat hostOverflow;
  private final ScalarStat pendingOverflow;
  private volatile boolean closed;

  NameTable(
      NameCacheSettings settings,
      HostResolver resolver,
      ScheduledExecutorService scheduler,
      LongSupplier nanoTime,
      Scope root) {
    this.settings = settings;
    this.resolver = resolver;
    this.scheduler = scheduler;
    this.nanoTime = nanoTime;
    scope = root.scope("dns_cache").scope(settings.name());
    attempts = scope.counter("dns_query_attempt");
    successes = scope.counter("dns_query_success");
    failures = scope.counter("dns_query_failure");
    timeouts = scope.counter("dns_query_timeout");
    addressChanged = scope.counter("host_address_changed");
    added = scope.counter("host_added");
    removed = scope.counter("host_removed");
    hostOverflow = scope.counter("host_overflow");
    pendingOverflow = scope.counter("dns_rq_pending_overflow");
    scope.gauge("num_hosts", entries::size);
    Scope breakers = scope.scope("circuit_breakers");
    breakers.gauge("rq_pending_open", () -> places.get() >= settings.maxPending() ? 1 : 0);
    breakers.gauge("rq_pending_remaining", () -> Math.max(0, settings.maxPending() - places.get()));
    for (String authority : settings.preresolve()) {
      scheduler.execute(() -> load(Authority.of(authority, 0), null));
    }
  }

  NameCacheSettings settings() {
    return settings;
  }

  /** What is known of a name; null where nothing is. */
  public @Nullable NameEntry entry(String authority, int defaultPort) {
    return entries.get(Authority.key(authority, defaultPort));
  }

  /** Calls the watcher, on the discovery thread, with each name whose address goes or changes. */
  public void watch(Consumer<NameEntry> watcher) {
    watchers.add(watcher);
  }

  /** Calls the watcher no more. */
  public void unwatch(Consumer<NameEntry> watcher) {
    watchers.remove(watcher);
  }

  Lookup look(String authority, int defaultPort, Consumer<Answer> then) {
    NameEntry known = entry(authority, defaultPort);
    if (known != null && known.use() != null) {
      return new Lookup.Found(Answer.KNOWN);
    }
    Authority wanted;
    try {
      wanted = Authority.of(authority, defaultPort);
    } catch (IllegalArgumentException malformed) {
      return new Lookup.Found(new Answer("not_a_host_name"));
    }
    if (known == null && entries.size() >= settings.maxHosts()) {
      hostOverflow.increment();
      return Lookup.Full.FULL;
    }
    if (places.incrementAndGet() > settings.maxPending()) {
      places.decrementAndGet();
      pendingOverflow.increment();
      return Lookup.Busy.BUSY;
    }
    WaitingRequest request = new WaitingRequest(places, then);
    try {
      scheduler.execute(() -> load(wanted, request));
    } catch (RejectedExecutionException over) {
      request.cancel();
      return new Lookup.Found(new Answer(CLOSED));
    }
    return request;
  }

  // --- on the discovery thread ---

  private void load(Authority wanted, @Nullable WaitingRequest request) {
    if (closed) {
      if (request != null) {
        request.done(new Answer(CLOSED));
      }
      return;
    }
    NameEntry entry = entries.get(wanted.key());
    if (entry == null) {
      if (entries.size() >= settings.maxHosts()) {
        hostOverflow.increment();
        if (request != null) {
          request.done(new Answer(OVERFLOW));
        }
        return;
      }
      entry = new NameEntry(wanted.key(), wanted.host(), wanted.port(), nanoTime);
      entries.put(entry.key, entry);
      added.increment();
    }
    if (entry.address != null) {
      entry.touch();
      if (request != null) {
        request.done(Answer.KNOWN);
      }
      return;
    }
    if (request != null) {
      entry.waiting.removeIf(WaitingRequest::over);
      entry.waiting.add(request);
    }
    if (!entry.asking) {
      ask(entry);
    }
  }

  private static final String CLOSED = "shutting_down";

  /** What a request is told whose name found no room after it had been let in. */
  static final String OVERFLOW = "dns_cache_overflow";

  private void ask(NameEntry entry) {
    stopTimer(entry);
    entry.asking = true;
    long query = ++entry.query;
    attempts.increment();
    long most = settings.queryTimeout().toMillis();
    if (most > 0) {
      entry.timer = scheduler.schedule(() -> timedOut(entry, query), most, TimeUnit.MILLISECONDS);
    }
    InetAddress literal = Authority.literal(entry.name);
    if (literal != null) {
      answered(entry, query, new Resolved(List.of(literal), 0), null);
      return;
    }
    CompletionStage<Resolved> answer;
    try {
      answer = resolver.answer(entry.name);
    } catch (RuntimeException failure) {
      answered(entry, query, null, failure);
      return;
    }
    var _ =
        answer.handleAsync(
            (resolved, failure) -> {
              answered(entry, query, resolved, failure);
              return null;
            },
            scheduler);
  }

  private void timedOut(NameEntry entry, long query) {
    if (entry.query == query && entry.asking) {
      timeouts.increment();
      answered(entry, query, null, new IllegalStateException("resolve_timeout"));
    }
  }

  private void answered(
      NameEntry entry, long query, @Nullable Resolved resolved, @Nullable Throwable failure) {
    if (!entry.asking || entry.query != query) {
      return;
    }
    entry.asking = false;
    stopTimer(entry);
    if (closed) {
      entry.answer(new Answer(CLOSED));
      return;
    }
    String why = "";
    boolean failed = failure != null || resolved == null;
    if (resolved == null || failure != null) {
      failures.increment();
      why = reason(failure);
      LOG.debug("Look-up of {} failed: {}", entry.name, String.valueOf(failure));
    } else {
      successes.increment();
      List<InetAddress> wanted =
          AddressFamilies.select(
              resolved.addresses(), DnsLookupFamily.valueOf(settings.family().name()));
      if (wanted.isEmpty()) {
        why = "no_address";
      } else {
        take(entry, new InetSocketAddress(wanted.getFirst(), entry.port));
      }
    }
    entry.failures = failed ? entry.failures + 1 : 0;
    entry.answer(entry.address != null ? Answer.KNOWN : new Answer(why));
    again(entry, failed ? afterFailure(entry) : afterSuccess(resolved));
  }

  private void take(NameEntry entry, InetSocketAddress address) {
    if (!address.equals(entry.address)) {
      boolean changed = entry.address != null;
      entry.address = address;
      addressChanged.increment();
      if (changed) {
        watchers.forEach(watcher -> watcher.accept(entry));
      }
    }
  }

  /** Looks at the name again after this time: asks anew, or forgets it. */
  private void again(NameEntry entry, long millis) {
    long left = settings.hostTtl().toMillis() - unusedMillis(entry);
    boolean refresh = entry.failures == 0 || settings.refreshFailed();
    long wait = Math.max(1, refresh && entry.failures == 0 ? millis : Math.min(millis, left + 1));
    entry.timer =
        scheduler.schedule(
            () -> {
              if (closed) {
                return;
              }
              if (unusedMillis(entry) >= settings.hostTtl().toMillis()) {
                forget(entry);
              } else if (refresh) {
                ask(entry);
              } else {
                again(entry, settings.hostTtl().toMillis());
              }
            },
            wait,
            TimeUnit.MILLISECONDS);
  }

  private long unusedMillis(NameEntry entry) {
    return (nanoTime.getAsLong() - entry.usedNanos) / 1_000_000;
  }

  private void forget(NameEntry entry) {
    entries.remove(entry.key);
    entry.address = null;
    removed.increment();
    watchers.forEach(watcher -> watcher.accept(entry));
  }

  private long afterSuccess(@Nullable Resolved resolved) {
    long ttl = resolved == null ? 0 : resolved.ttlSeconds() * 1000;
    return ttl > 0
        ? Math.max(ttl, settings.minRefreshRate().toMillis())
        : settings.refreshRate().toMillis();
  }

  /** At random up to a bound that doubles, so that many names are not asked for at once. */
  private long afterFailure(NameEntry entry) {
    long base = settings.failureBase().toMillis();
    if (base == 0) {
      return settings.refreshRate().toMillis();
    }
    long bound =
        Math.min(settings.failureMost().toMillis(), base << Math.min(entry.failures - 1, 20));
    return 1 + random.nextLong(Math.max(1, bound));
  }

  private static void stopTimer(NameEntry entry) {
    var timer = entry.timer;
    if (timer != null) {
      entry.timer = null;
      timer.cancel(false);
    }
  }

  /** In words that a log's field can hold. */
  private static String reason(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof IllegalStateException && "resolve_timeout".equals(cause.getMessage())) {
      return "resolve_timeout";
    }
    return cause instanceof java.net.UnknownHostException ? "not_found" : "failed";
  }

  /** Nobody uses it any more. */
  void close() {
    closed = true;
    scope.hide();
    try {
      scheduler.execute(() -> {
        for (NameEntry entry : entries.values()) {
          stopTimer(entry);
          entry.asking = false;
          entry.answer(new Answer(CLOSED));
        }
        entries.clear();
      });
    } catch (RejectedExecutionException over) {
      // The whole engine goes; there is nobody left to tell.
      entries.clear();
    }
  }
}
