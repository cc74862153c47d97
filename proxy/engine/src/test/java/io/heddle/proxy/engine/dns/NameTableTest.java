package io.heddle.proxy.engine.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.NameCache.Answer;
import io.heddle.proxy.api.NameCache.Lookup;
import io.heddle.proxy.api.NameCache.Waiting;
import io.heddle.proxy.api.NameCacheSettings;
import io.heddle.proxy.engine.stats.StatsRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a cache of names knows, for how long, and how much of it. */
class NameTableTest {
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  private final Map<String, List<InetAddress>> zone = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong();
  private final StatsRegistry registry = new StatsRegistry(1);
  private volatile boolean silent;
  private volatile long ttl;

  private final SharedNames names =
      new SharedNames(
          new HostResolver() {
            @Override
            public CompletableFuture<List<InetAddress>> resolve(String hostname) {
              asked.incrementAndGet();
              List<InetAddress> known = zone.get(hostname);
              return silent
                  ? new CompletableFuture<>()
                  : known == null
                      ? CompletableFuture.failedFuture(new UnknownHostException(hostname))
                      : CompletableFuture.completedFuture(known);
            }

            @Override
            public CompletableFuture<Resolved> answer(String hostname) {
              return resolve(hostname).thenApply(all -> new Resolved(all, ttl));
            }
          },
          scheduler,
          nanos::get,
          registry.root());

  private static NameCacheSettings settings(
      int maxHosts, int maxPending, Duration refresh, Duration hostTtl, Duration timeout) {
    return new NameCacheSettings(
        "c",
        NameCacheSettings.Family.V4_PREFERRED,
        refresh,
        Duration.ofSeconds(1),
        hostTtl,
        maxHosts,
        maxPending,
        true,
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        timeout,
        List.of());
  }

  private static NameCacheSettings settings(int maxHosts, int maxPending) {
    return settings(
        maxHosts, maxPending, Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1));
  }

  private static InetAddress ip(int... parts) {
    byte[] bytes = new byte[parts.length];
    for (int i = 0; i < parts.length; i++) {
      bytes[i] = (byte) parts[i];
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @AfterEach
  void end() {
    scheduler.shutdownNow();
  }

  private static Answer ask(SharedNames.Use use, String authority) throws InterruptedException {
    BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    return switch (use.look(authority, 80, answers::add)) {
      case Lookup.Found found -> found.answer();
      case Waiting _ -> {
        Answer answer = answers.poll(20, TimeUnit.SECONDS);
        assertThat(answer).isNotNull();
        yield answer;
      }
      case Lookup.Full _ -> new Answer("full");
      case Lookup.Busy _ -> new Answer("busy");
    };
  }

  private static @Nullable InetSocketAddress address(SharedNames.Use use, String authority) {
    NameEntry entry = use.table().entry(authority, 80);
    return entry == null ? null : entry.use();
  }

  @Test
  void aNameIsLookedUpOnce() throws Exception {
    zone.put("a.test", List.of(ip(10, 0, 0, 1), ip(10, 0, 0, 2)));
    try (SharedNames.Use use = names.open(settings(10, 10))) {
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
      assertThat(ask(use, "A.test:80")).isEqualTo(Answer.KNOWN);
      assertThat(asked).hasValue(1);
      assertThat(address(use, "a.test")).isEqualTo(new InetSocketAddress(ip(10, 0, 0, 1), 80));
      assertThat(address(use, "a.test:81")).isNull();
      assertThat(ask(use, "a.test:81")).isEqualTo(Answer.KNOWN);
      assertThat(address(use, "a.test:81")).isEqualTo(new InetSocketAddress(ip(10, 0, 0, 1), 81));
      // Addresses need no name server.
      assertThat(ask(use, "10.0.0.9")).isEqualTo(Answer.KNOWN);
      assertThat(ask(use, "[::1]:443")).isEqualTo(Answer.KNOWN);
      assertThat(address(use, "[::1]:443"))
          .isEqualTo(
              new InetSocketAddress(ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 443));
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void whatCannotBeANameIsNotLookedUp() throws Exception {
    try (SharedNames.Use use = names.open(settings(10, 10))) {
      for (String wrong :
          List.of("", ":80", "a b", "a..b", "a.test:0", "a.test:65536", "[::1", "[a]", "a/b")) {
        assertThat(ask(use, wrong)).as(wrong).isEqualTo(new Answer("not_a_host_name"));
      }
      assertThat(asked).hasValue(0);
      assertThat(gauge("num_hosts")).isZero();
    }
  }

  @Test
  void aFailureIsToldAndTheNextRequestAsksAnew() throws Exception {
    try (SharedNames.Use use = names.open(settings(10, 10))) {
      assertThat(ask(use, "a.test")).isEqualTo(new Answer("not_found"));
      zone.put("a.test", List.of());
      until(() -> ask(use, "a.test").equals(new Answer("no_address")));
      zone.put("a.test", List.of(ip(10, 0, 0, 1)));
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
      // What it has it keeps, whatever follows.
      zone.clear();
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsAFailure() throws Exception {
    silent = true;
    try (SharedNames.Use use =
        names.open(
            settings(10, 10, Duration.ofHours(1), Duration.ofHours(1), Duration.ofMillis(5)))) {
      assertThat(ask(use, "a.test")).isEqualTo(new Answer("resolve_timeout"));
      assertThat(counter("dns_query_timeout")).isPositive();
    }
  }

  @Test
  void anAgedAnswerIsRefreshedAndAChangeIsToldToWatchers() throws Exception {
    zone.put("a.test", List.of(ip(10, 0, 0, 1)));
    BlockingQueue<NameEntry> changes = new LinkedBlockingQueue<>();
    try (SharedNames.Use use =
        names.open(
            settings(10, 10, Duration.ofMillis(2), Duration.ofHours(1), Duration.ofHours(1)))) {
      use.table().watch(changes::add);
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
      zone.put("a.test", List.of(ip(10, 0, 0, 2)));
      NameEntry changed = changes.poll(20, TimeUnit.SECONDS);
      assertThat(changed).isNotNull();
      assertThat(changed.use()).isEqualTo(new InetSocketAddress(ip(10, 0, 0, 2), 80));
      zone.clear();
      until(() -> counter("dns_query_failure") > 0);
      assertThat(changed.use()).isNotNull();
    }
  }

  @Test
  void aNameThatNobodyUsesIsForgotten() throws Exception {
    zone.put("a.test", List.of(ip(10, 0, 0, 1)));
    try (SharedNames.Use use =
        names.open(
            settings(10, 10, Duration.ofMillis(2), Duration.ofMinutes(1), Duration.ofHours(1)))) {
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
      until(() -> asked.get() > 2);
      nanos.addAndGet(Duration.ofMinutes(2).toNanos());
      until(() -> counter("host_removed") == 1);
      assertThat(gauge("num_hosts")).isZero();
      assertThat(address(use, "a.test")).isNull();
    }
  }

  @Test
  void anAnswerHoldsForItsTimeToLive() throws Exception {
    zone.put("a.test", List.of(ip(10, 0, 0, 1)));
    ttl = 3600;
    try (SharedNames.Use use =
        names.open(
            settings(10, 10, Duration.ofMillis(1), Duration.ofHours(9), Duration.ofHours(1)))) {
      assertThat(ask(use, "a.test")).isEqualTo(Answer.KNOWN);
      // What is scheduled a moment later would have run by the time of these.
      for (int i = 0; i < 20; i++) {
        scheduler.schedule(() -> {}, 2, TimeUnit.MILLISECONDS).get(20, TimeUnit.SECONDS);
      }
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void thereIsRoomForSoManyNamesAndSoManyWaiting() throws Exception {
    silent = true;
    try (SharedNames.Use use = names.open(settings(2, 2))) {
      Lookup first = use.look("a.test", 80, _ -> {});
      assertThat(first).isInstanceOf(Waiting.class);
      assertThat(use.look("b.test", 80, _ -> {})).isInstanceOf(Waiting.class);
      until(() -> gauge("num_hosts") == 2);
      assertThat(use.look("c.test", 80, _ -> {})).isEqualTo(Lookup.Full.FULL);
      assertThat(use.look("a.test", 80, _ -> {})).isEqualTo(Lookup.Busy.BUSY);
      assertThat(gauge("circuit_breakers.rq_pending_open")).isEqualTo(1);
      ((Waiting) first).cancel();
      ((Waiting) first).cancel();
      assertThat(gauge("circuit_breakers.rq_pending_remaining")).isEqualTo(1);
      assertThat(use.look("a.test", 80, _ -> {})).isInstanceOf(Waiting.class);
      assertThat(counter("host_overflow")).isEqualTo(1);
      assertThat(counter("dns_rq_pending_overflow")).isEqualTo(1);
    }
  }

  @Test
  void whoWaitsWhenTheCacheGoesIsTold() throws Exception {
    silent = true;
    BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    SharedNames.Use use = names.open(settings(2, 2));
    assertThat(use.look("a.test", 80, answers::add)).isInstanceOf(Waiting.class);
    use.close();
    assertThat(answers.poll(20, TimeUnit.SECONDS)).isEqualTo(new Answer("shutting_down"));
  }

  @Test
  void onlyTheSameSettingsShareACache() throws Exception {
    SharedNames.Use first = names.open(settings(2, 2));
    SharedNames.Use second = names.open(settings(2, 2));
    assertThat(second.table()).isSameAs(first.table());
    assertThatThrownBy(() -> names.open(settings(3, 2))).isInstanceOf(FilterConfigException.class);
    first.close();
    first.close();
    assertThatThrownBy(() -> names.open(settings(3, 2))).isInstanceOf(FilterConfigException.class);
    second.close();
    names.open(settings(3, 2)).close();
  }

  /** Waits, at most twenty seconds, for what another thread brings about. */
  private static void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("the time that a test waits").isLessThan(end);
      LockSupport.parkNanos(500_000);
    }
  }

  private long counter(String name) {
    return registry.snapshot().counter("dns_cache.c." + name).orElse(0L);
  }

  private long gauge(String name) {
    return registry.snapshot().gauge("dns_cache.c." + name).orElse(-1L);
  }
}
