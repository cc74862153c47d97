package io.heddle.control.app.ratelimit;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.control.app.ratelimit.LimitRulesReader.BadRules;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A running rate-limit service. */
public final class RateLimitServer implements AutoCloseable {
  private static final int LARGEST_MESSAGE = 1 << 20;
  private static final int LARGEST_METADATA = 16 << 10;
  private static final int CALLS_PER_CONNECTION = 10_000;
  private static final long LOOK_MILLIS = 1_000;

  private final Server server;
  private final Counters counters;
  private final ScheduledExecutorService looking;

  private RateLimitServer(Server server, Counters counters, ScheduledExecutorService looking) {
    this.server = server;
    this.counters = counters;
    this.looking = looking;
  }

  /**
   * Starts.
   *
   * @throws IOException where files cannot be read, rules are wrong, or the address is taken; in
   *     words for an operator
   */
  public static RateLimitServer start(RateLimitServerConfig config) throws IOException {
    return start(
        config,
        () ->
            config.redis().isPresent()
                ? new RedisCounters(config.redis().get(), config.redisTimeout())
                : new EmbeddedCounters(InstantSource.system()));
  }

  static RateLimitServer start(RateLimitServerConfig config, Supplier<Counters> made)
      throws IOException {
    RulesFiles files;
    try {
      files = new RulesFiles(config.rules());
    } catch (BadRules wrong) {
      throw new IOException(wrong.getMessage(), wrong);
    }
    Counters counters = made.get();
    LimitService service =
        new LimitService(files::rules, counters, config.onStoreFailure(), InstantSource.system());
    Server server;
    try {
      server =
          NettyServerBuilder.forAddress(config.address())
              // Answers take microseconds and never block.
              .directExecutor()
              .maxInboundMessageSize(LARGEST_MESSAGE)
              .maxInboundMetadataSize(LARGEST_METADATA)
              .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
              .permitKeepAliveTime(5, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .addService(ServerInterceptors.intercept(service, new LeaseCalls()))
              .build()
              .start();
    } catch (IOException taken) {
      counters.close();
      throw new IOException("cannot listen on " + config.address() + ": " + taken, taken);
    }
    ScheduledExecutorService looking =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("rules").daemon().factory());
    var _ =
        looking.scheduleWithFixedDelay(
            files::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    return new RateLimitServer(server, counters, looking);
  }

  /** Where it listens. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    looking.shutdownNow();
    server.shutdown();
    try {
      if (!server.awaitTermination(2, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    counters.close();
  }
}
