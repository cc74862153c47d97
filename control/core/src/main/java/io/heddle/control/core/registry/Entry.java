package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One instance. Its fields are guarded by the registry's lock, except {@code lastSeen}, which the
 * stream's thread writes without it.
 */
final class Entry {
  final Instant since;
  Announcement announcement;
  Health health;

  /** Null after the stream broke, and after a restart until the instance announces itself. */
  @Nullable StreamLease lease;

  /** Monotonic nanoseconds of the last sign of life. */
  volatile long lastSeen;

  /** When the grace began that ends in expiry; counts only without a lease. */
  long lostAt;

  boolean held;

  /** The other control plane that has its stream, or had it last; null where this one did. */
  @Nullable String holder;

  /** Whether that other control plane is gone. */
  boolean orphan;

  Entry(Announcement announcement, Health health, Instant since) {
    this.announcement = announcement;
    this.health = health;
    this.since = since;
  }

  InstanceKey key() {
    return announcement.key();
  }

  /** Whether it is another control plane's to see it expire. */
  boolean remote() {
    return holder != null && !orphan;
  }

  /** When the lease runs out if nothing more is heard. */
  long deadline(long heartbeatNanos, long graceNanos) {
    return lease == null ? lostAt + graceNanos : lastSeen + heartbeatNanos + graceNanos;
  }

  /** A live instance may miss one heartbeat; after that it is in its grace. */
  boolean live(long now, long heartbeatNanos) {
    return remote() || (!held && lease != null && now - lastSeen <= 2 * heartbeatNanos);
  }

  RegisteredInstance snapshot(long now, long heartbeatNanos) {
    Presence presence =
        held ? Presence.HELD : live(now, heartbeatNanos) ? Presence.LIVE : Presence.GRACE;
    return new RegisteredInstance(announcement, health, presence, since);
  }
}
