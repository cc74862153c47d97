package io.heddle.control.app.ratelimit;

import io.lettuce.core.RedisURI;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a rate-limit service is run.
 *
 * @param rules files, or folders of them
 * @param redis where servers that share limits count; empty for counters of this process
 * @param redisTimeout how long a call waits for it
 */
public record RateLimitServerConfig(
    InetSocketAddress address,
    List<Path> rules,
    Optional<RedisURI> redis,
    Duration redisTimeout,
    StoreFailure onStoreFailure) {
  public RateLimitServerConfig {
    rules = List.copyOf(rules);
  }

  /** What is answered where the counters cannot be asked. */
  public enum StoreFailure {
    /** An error: the proxy's {@code failure_mode_deny} decides. */
    ERROR,
    /** That the request may pass. */
    ALLOW,
    /** That it may not. */
    DENY
  }
}
