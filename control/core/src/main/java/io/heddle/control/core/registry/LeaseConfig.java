package io.heddle.control.core.registry;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How leases are kept.
 *
 * @param heartbeat how often a live instance is to be heard; at least 100 ms
 * @param grace how long an instance stays after its stream broke, or after a heartbeat was due
 * @param massShare more than this share of all instances at once is not believed to have died;
 *     above 0, at most 1; 1 switches the protection off
 * @param massLeast fewer than this many are always believed
 * @param massWindow what counts as "at once"
 * @param recoveredShare the share of the held instances that must return for the others to be
 *     believed gone
 * @param checkpoint the file that survives a restart; its directory must exist
 * @param checkpointEvery the least time between two checkpoints
 */
public record LeaseConfig(
    Duration heartbeat,
    Duration grace,
    double massShare,
    int massLeast,
    Duration massWindow,
    double recoveredShare,
    Path checkpoint,
    Duration checkpointEvery) {
  public LeaseConfig {
    check("heartbeat", heartbeat, Duration.ofMillis(100));
    check("grace", grace, Duration.ofMillis(100));
    check("massWindow", massWindow, Duration.ofMillis(100));
    check("checkpointEvery", checkpointEvery, Duration.ofMillis(100));
    checkShare("massShare", massShare);
    checkShare("recoveredShare", recoveredShare);
    if (massLeast < 1) {
      throw new IllegalArgumentException("massLeast: " + massLeast + " (expected: >= 1)");
    }
  }

  /** Heartbeats each 2 s, a grace of 10 s, protection above half of at least 3 within 5 s. */
  public static LeaseConfig of(Path checkpoint) {
    return new LeaseConfig(
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        0.5,
        3,
        Duration.ofSeconds(5),
        0.5,
        checkpoint,
        Duration.ofSeconds(1));
  }

  public LeaseConfig withTimes(Duration newHeartbeat, Duration newGrace) {
    return new LeaseConfig(
        newHeartbeat,
        newGrace,
        massShare,
        massLeast,
        massWindow,
        recoveredShare,
        checkpoint,
        checkpointEvery);
  }

  private static void check(String field, Duration value, Duration least) {
    if (value.compareTo(least) < 0 || value.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          field + ": " + value + " (expected: " + least + " to PT24H)");
    }
  }

  private static void checkShare(String field, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: above 0, at most 1)");
    }
  }
}
