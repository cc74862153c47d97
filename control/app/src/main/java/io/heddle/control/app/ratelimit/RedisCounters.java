package io.heddle.control.app.ratelimit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counters in a Redis that several servers share. Each is one hash, taken from by one script, which
 * reads Redis' own clock: servers whose clocks differ count alike. While Redis is away every take
 * fails at once, and the connection is made again behind it.
 */
final class RedisCounters implements Counters {
  private static final Logger LOG = LoggerFactory.getLogger(RedisCounters.class);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final String PREFIX = "heddle:ratelimit:";

  /**
   * KEYS: the counter; ARGV: limit, window in ms, hits, lease, largest lease. Fields of the hash:
   * number of the window, what was taken in it, and in the one before.
   */
  private static final String SCRIPT =
      """
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
      local hits, lease, largest = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
      local index, into = math.floor(now / window), now % window
      local held = redis.call('HMGET', KEYS[1], 'i', 'c', 'p')
      local last = tonumber(held[1]) or -1
      local current, previous = tonumber(held[2]) or 0, tonumber(held[3]) or 0
      if index > last then
        previous = index == last + 1 and current or 0
        current = 0
      elseif index < last then
        index = last
        into = 0
      end
      local used = previous * (1 - into / window) + current
      local admitted
      if hits == 0 then admitted = used < limit else admitted = used + hits <= limit end
      local leased = 0
      if admitted then
        leased = math.max(0, math.min(math.floor(limit - used - hits), lease, largest))
        current = current + hits + leased
        used = used + hits + leased
        if hits + leased > 0 then
          redis.call('HSET', KEYS[1], 'i', index, 'c', current, 'p', previous)
          redis.call('PEXPIRE', KEYS[1], 2 * window)
        end
      end
      return {admitted and 1 or 0, math.max(0, math.floor(limit - used)), leased, window - into}
      """;

  private final RedisClient client;
  private final ScheduledExecutorService retry =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("redis-retry").daemon().factory());
  private volatile @Nullable StatefulRedisConnection<String, String> connection;
  private volatile String digest = "";
  private volatile boolean closed;

  /**
   * Begins to connect.
   *
   * @param timeout of a take
   */
  RedisCounters(RedisURI uri, Duration timeout) {
    uri.setTimeout(CONNECT); // Of the first words on a connection; that of a take stands below.
    client = RedisClient.create(uri);
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .timeoutOptions(TimeoutOptions.enabled(timeout))
            .socketOptions(SocketOptions.builder().connectTimeout(CONNECT).build())
            .requestQueueSize(10_000)
            .build());
    connect(uri);
  }

  /** Until it has once succeeded; after that the client connects again by itself. */
  private void connect(RedisURI uri) {
    if (closed) {
      return;
    }
    var _ =
        client
            .connectAsync(StringCodec.UTF8, uri)
            .whenComplete((made, failure) -> {
              if (made == null) {
                LOG.warn(
                    "Redis at {}:{} cannot be reached: {}",
                    uri.getHost(),
                    uri.getPort(),
                    String.valueOf(failure));
                if (!closed) {
                  var _ =
                      retry.schedule(() -> connect(uri), RETRY.toMillis(), TimeUnit.MILLISECONDS);
                }
                return;
              }
              digest = made.async().digest(SCRIPT);
              connection = made;
              if (closed) {
                var _ = made.closeAsync();
              }
            });
  }

  @Override
  public CompletionStage<List<Taken>> take(List<Ask> asks) {
    StatefulRedisConnection<String, String> to = connection;
    if (to == null || !to.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("no connection to Redis"));
    }
    List<CompletableFuture<Taken>> each = new ArrayList<>(asks.size());
    for (Ask ask : asks) {
      each.add(take(to, ask));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
        .thenApply(_ -> each.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<Taken> take(StatefulRedisConnection<String, String> to, Ask ask) {
    String[] keys = {PREFIX + ask.windowMillis() + "/" + ask.key()};
    String[] arguments = {
      Long.toString(ask.limit()),
      Long.toString(ask.windowMillis()),
      Long.toString(ask.hits()),
      Long.toString(ask.lease()),
      Long.toString(Counters.largestLease(ask.limit()))
    };
    CompletionStage<List<Long>> answer =
        to.async()
            .<List<Long>>evalsha(digest, ScriptOutputType.MULTI, keys, arguments)
            .exceptionallyCompose(failure ->
                isUnknown(failure)
                    ? to.async().<List<Long>>eval(SCRIPT, ScriptOutputType.MULTI, keys, arguments)
                    : CompletableFuture.<List<Long>>failedFuture(failure));
    return answer
        .thenApply(
            values -> new Taken(values.get(0) == 1, values.get(1), values.get(2), values.get(3)))
        .toCompletableFuture();
  }

  /** Redis has not seen the script yet, or was started anew. */
  private static boolean isUnknown(Throwable failure) {
    return failure instanceof RedisNoScriptException
        || failure.getCause() instanceof RedisNoScriptException;
  }

  @Override
  public void close() {
    closed = true;
    retry.shutdownNow();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
