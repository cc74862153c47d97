package io.heddle.control.app;

import io.heddle.control.app.ratelimit.RateLimitServer;
import io.heddle.control.app.ratelimit.RateLimitServerConfig;
import io.heddle.control.app.ratelimit.RateLimitServerConfig.StoreFailure;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** The verb {@code heddle ratelimit}: runs a rate-limit service until SIGTERM or SIGINT. */
final class RateLimitVerb {
  static final String NAME = "ratelimit";

  static final String USAGE =
      """
      Usage: heddle ratelimit --rules FILE [OPTIONS]

      Runs a service that proxies ask whether requests may pass: Envoy's rate-limit
      service protocol, for Heddle and Envoy.

        --rules FILE           rules, or a folder of them; may be given several times;
                               read again when a file changes
        --address A:P          where it listens; default: 127.0.0.1:7072
        --redis URI            count in a Redis that several servers share:
                               redis://[USER:PASSWORD@]HOST:PORT[/DB] or rediss://...
                               default: count in this process
        --redis-timeout TIME   how long a call waits for Redis; default: 50ms
        --on-store-failure W   what is answered while Redis is away: error (the proxy's
                               failure_mode_deny decides), allow or deny; default: error
        --help                 this text

      TIME is a number with ms, s or m. Port 0 takes a free one.
      Exit codes: 0 ended on request, 1 failed, 64 wrong usage.
      """;

  private RateLimitVerb() {}

  /**
   * What the options say; empty when help is asked for.
   *
   * @throws IllegalArgumentException naming the option, the offending and the expected value
   */
  static Optional<RateLimitServerConfig> parse(List<String> arguments) {
    Deque<String> left = new ArrayDeque<>(arguments);
    List<Path> rules = new ArrayList<>();
    InetSocketAddress address = SocketPlace.parse("--address", "127.0.0.1:7072");
    Optional<RedisURI> redis = Optional.empty();
    Duration timeout = Duration.ofMillis(50);
    StoreFailure onFailure = StoreFailure.ERROR;
    while (!left.isEmpty()) {
      String option = left.pop();
      if (option.equals("--help") || option.equals("-h")) {
        return Optional.empty();
      }
      int equals = option.startsWith("--") ? option.indexOf('=') : -1;
      String name = equals < 0 ? option : option.substring(0, equals);
      if (!List.of("--rules", "--address", "--redis", "--redis-timeout", "--on-store-failure")
          .contains(name)) {
        throw new IllegalArgumentException(
            name
                + ": unknown (expected: --rules, --address, --redis, --redis-timeout or"
                + " --on-store-failure)");
      }
      if (equals < 0 && left.isEmpty()) {
        throw new IllegalArgumentException(name + ": no value (expected: one after it)");
      }
      String value = equals < 0 ? left.pop() : option.substring(equals + 1);
      switch (name) {
        case "--rules" -> rules.add(Path.of(value));
        case "--address" -> address = SocketPlace.parse(name, value);
        case "--redis" -> redis = Optional.of(redis(name, value));
        case "--redis-timeout" -> timeout = timeout(name, value);
        default -> onFailure = onFailure(name, value);
      }
    }
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("--rules: not given (expected: a file or a folder)");
    }
    return Optional.of(new RateLimitServerConfig(address, rules, redis, timeout, onFailure));
  }

  /** The text is not repeated where it is wrong, as it may hold a password. */
  private static RedisURI redis(String option, String text) {
    try {
      return RedisURI.create(text);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(
          option + ": not such a URI (expected: redis://HOST:PORT)", wrong);
    }
  }

  private static Duration timeout(String option, String text) {
    Duration timeout = Durations.parse(option, text);
    if (timeout.isZero()) {
      throw new IllegalArgumentException(option + ": " + text + " (expected: above zero)");
    }
    return timeout;
  }

  private static StoreFailure onFailure(String option, String text) {
    for (StoreFailure known : StoreFailure.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(text)) {
        return known;
      }
    }
    throw new IllegalArgumentException(
        option + ": \"" + text + "\" (expected: error, allow or deny)");
  }

  /** Runs until the process is asked to end; 0, 1 where it cannot start, 64 on wrong usage. */
  static int run(List<String> arguments, PrintStream out, PrintStream err) {
    Optional<RateLimitServerConfig> config;
    try {
      config = parse(arguments);
    } catch (IllegalArgumentException wrong) {
      err.println("heddle ratelimit: " + wrong.getMessage());
      err.println("See: heddle ratelimit --help");
      return 64;
    }
    if (config.isEmpty()) {
      out.print(USAGE);
      return 0;
    }
    RateLimitServer server;
    try {
      server = RateLimitServer.start(config.get());
    } catch (IOException failure) {
      err.println("heddle ratelimit: " + failure.getMessage());
      return 1;
    }
    out.println("serving " + config.get().address().getHostString() + ":" + server.port());
    out.flush();
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(() -> {
                  server.close();
                  ended.countDown();
                }));
    try {
      ended.await();
    } catch (InterruptedException e) {
      server.close();
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
