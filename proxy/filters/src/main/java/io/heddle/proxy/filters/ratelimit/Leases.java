package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Hits that the service has lent this proxy, so that most requests need not ask: a request whose
 * descriptors all have a lease takes from it, and before one is used up more is fetched behind the
 * traffic. Leases hold for as long as the service says (100 ms); what is not used by then is lost.
 * Where the service has refused, requests are refused without asking for {@value #REFUSED_MILLIS}
 * ms, or until its window ends.
 *
 * <p>A service that knows no leases is asked for every request, as by Envoy. Shared by the event
 * loops without a lock.
 */
final class Leases {
  /** Asks whether the service knows leases, and for none. */
  static final long PROBE = 0;

  /** Another request is asking for the leases already. */
  static final long NOTHING = -1;

  private static final int MOST = 10_000;
  private static final long REFUSED_MILLIS = 10;
  private static final long UNLIMITED_MILLIS = 1_000;
  private static final long SWEEP_NANOS = 1_000_000_000;
  private static final long NANOS = 1_000_000;

  private final ConcurrentHashMap<Key, Lease> leases = new ConcurrentHashMap<>();
  private final long askNanos;
  private final AtomicLong sweptNanos;
  private volatile boolean known;

  private record Key(String domain, List<Entry> entries, Optional<Descriptor.OtherLimit> limit) {}

  /** What becomes of a request. */
  sealed interface Decision {
    /**
     * By leases.
     *
     * @param statuses what the service last said of each descriptor
     * @param low descriptors whose leases are nearly used up, to be fetched now
     * @param wanted how much is to be asked for them
     */
    record Made(
        boolean admitted, List<DescriptorStatus> statuses, List<Descriptor> low, long wanted)
        implements Decision {}

    /**
     * The service has to be asked.
     *
     * @param wanted how much is to be leased, {@link #PROBE} or {@link #NOTHING}
     */
    record Ask(long wanted) implements Decision {}
  }

  /**
   * New leases.
   *
   * @param askNanos after how long a question counts as lost
   */
  Leases(long askNanos, long nowNanos) {
    this.askNanos = askNanos;
    this.sweptNanos = new AtomicLong(nowNanos);
  }

  /** Decides on a request, or says that the service has to. */
  Decision decide(String domain, List<Descriptor> descriptors, long hits, long nowNanos) {
    if (!known) {
      return new Decision.Ask(PROBE);
    }
    int count = descriptors.size();
    List<Lease> found = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Lease lease = lease(domain, descriptors.get(i), nowNanos);
      if (lease == null) {
        return new Decision.Ask(NOTHING);
      }
      found.add(lease);
    }
    for (int i = 0; i < count; i++) {
      found.get(i).demanded(cost(descriptors.get(i), hits), nowNanos);
      if (found.get(i).refused(nowNanos)) {
        return new Decision.Made(false, statuses(found), List.of(), NOTHING);
      }
    }
    for (int i = 0; i < count; i++) {
      if (!found.get(i).tryTake(cost(descriptors.get(i), hits), nowNanos)) {
        for (int back = 0; back < i; back++) {
          found.get(back).giveBack(cost(descriptors.get(back), hits), nowNanos);
        }
        return new Decision.Ask(wanted(descriptors, found, hits, nowNanos));
      }
    }
    return new Decision.Made(
        true, statuses(found), low(descriptors, found, nowNanos), wantedOfLow(found, nowNanos));
  }

  private static long cost(Descriptor descriptor, long hits) {
    return descriptor.hits().orElse(Math.max(1, hits));
  }

  private @Nullable Lease lease(String domain, Descriptor descriptor, long nowNanos) {
    Key key = new Key(domain, descriptor.entries(), descriptor.limit());
    Lease lease = leases.get(key);
    if (lease != null) {
      return lease;
    }
    if (leases.size() >= MOST) {
      long swept = sweptNanos.get();
      if (nowNanos - swept < SWEEP_NANOS || !sweptNanos.compareAndSet(swept, nowNanos)) {
        return null;
      }
      sweep(nowNanos);
      if (leases.size() >= MOST) {
        return null;
      }
    }
    return leases.computeIfAbsent(key, _ -> new Lease(nowNanos));
  }

  private static List<DescriptorStatus> statuses(List<Lease> leases) {
    List<DescriptorStatus> statuses = new ArrayList<>(leases.size());
    for (Lease lease : leases) {
      statuses.add(lease.last());
    }
    return statuses;
  }

  /**
   * One request asks for all; those that come meanwhile ask for themselves only. What the one that
   * asks costs itself is counted by the service.
   */
  private long wanted(List<Descriptor> of, List<Lease> found, long hits, long nowNanos) {
    long most = NOTHING;
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).beginAsking(nowNanos, askNanos)) {
        long more = found.get(i).wanted(nowNanos) - cost(of.get(i), hits);
        most = Math.max(most, Math.max(0, more));
      }
    }
    return most;
  }

  private List<Descriptor> low(List<Descriptor> descriptors, List<Lease> found, long nowNanos) {
    List<Descriptor> low = List.of();
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).isLow(nowNanos) && found.get(i).beginAsking(nowNanos, askNanos)) {
        low = low.isEmpty() ? new ArrayList<>(found.size()) : low;
        Descriptor of = descriptors.get(i);
        // Nothing is taken but the lease.
        low.add(new Descriptor(of.entries(), OptionalLong.of(0), of.limit()));
      }
    }
    return low;
  }

  private static long wantedOfLow(List<Lease> found, long nowNanos) {
    long most = 0;
    for (Lease lease : found) {
      most = Math.max(most, lease.isLow(nowNanos) ? lease.wanted(nowNanos) : 0);
    }
    return most;
  }

  /** The service has answered a question about these descriptors. */
  void answered(String domain, List<Descriptor> descriptors, Answer answer, long nowNanos) {
    if (!(answer instanceof Answer.Decided(RateLimitResponse response, long leaseMillis))) {
      return;
    }
    known = leaseMillis > 0;
    if (!known) {
      return;
    }
    for (int i = 0; i < Math.min(descriptors.size(), response.getStatusesCount()); i++) {
      Lease lease = lease(domain, descriptors.get(i), nowNanos);
      if (lease != null) {
        lease.answered(response.getStatuses(i), leaseMillis, nowNanos);
      }
    }
  }

  /** Forgets leases that nobody has used for a while; there is room for {@value #MOST}. */
  private void sweep(long nowNanos) {
    leases.values().removeIf(lease -> lease.isOver(nowNanos));
  }

  int count() {
    return leases.size();
  }

  static long refusedNanos(DescriptorStatus status) {
    long reset =
        status.getDurationUntilReset().getSeconds() * 1_000_000_000
            + status.getDurationUntilReset().getNanos();
    return Math.clamp(reset, 0, REFUSED_MILLIS * NANOS);
  }

  static boolean isUnlimited(DescriptorStatus status) {
    return status.getCode() == Code.OK && !status.hasCurrentLimit();
  }

  static long unlimitedNanos() {
    return UNLIMITED_MILLIS * NANOS;
  }
}
