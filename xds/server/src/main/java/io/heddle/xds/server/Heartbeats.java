package io.heddle.xds.server;

import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one client has been sent that ends there unless it is renewed, and when that is due: after a
 * third of the time it is good for, so that a lost one is followed by another. Owned by the
 * stream's shard. One timer runs, for the earliest.
 */
final class Heartbeats {
  private static final int BEATS = 3;

  private final StreamState stream;
  private final Map<String, Instant> due = new LinkedHashMap<>();
  private Instant timer = Instant.MAX;

  Heartbeats(StreamState stream) {
    this.stream = stream;
  }

  /**
   * The client was just sent this content; makes heartbeats where the first of it ends.
   *
   * @param known those there are already
   */
  static @Nullable Heartbeats sent(
      @Nullable Heartbeats known, StreamState stream, Map<String, EncodedResource> content) {
    Heartbeats beats = known;
    for (Map.Entry<String, EncodedResource> sent : content.entrySet()) {
      Duration ttl = sent.getValue().lifetime();
      if (ttl != null && stream.framing().saysTtl()) {
        if (beats == null) {
          beats = new Heartbeats(stream);
        }
        beats.sent(sent.getKey(), ttl);
      } else if (beats != null) {
        beats.forget(sent.getKey());
      }
    }
    return beats;
  }

  private void sent(String name, Duration ttl) {
    Instant next = stream.now().plus(ttl.dividedBy(BEATS));
    due.put(name, next);
    startTimer(next);
  }

  void forget(String name) {
    due.remove(name);
  }

  /**
   * What renews the resources that are due and still held.
   *
   * @param stateVersion the version of the client's whole state, where resources have none of their
   *     own for it
   */
  List<Resource> renewals(Held held, @Nullable String stateVersion) {
    Instant now = stream.now();
    List<String> names = new ArrayList<>();
    due.forEach((name, at) -> {
      if (!at.isAfter(now)) {
        names.add(name);
      }
    });
    List<Resource> renewals = new ArrayList<>();
    for (String name : names) {
      EncodedResource resource = held.get(name);
      Duration ttl = resource == null ? null : resource.lifetime();
      if (resource == null || ttl == null) {
        due.remove(name);
      } else {
        renewals.add(
            Resource.newBuilder()
                .setName(name)
                .setVersion(stateVersion == null ? resource.version() : stateVersion)
                .setTtl(EncodedResource.proto(ttl))
                .build());
        sent(name, ttl);
      }
    }
    return renewals;
  }

  /** Whether something is due. */
  boolean anyDue() {
    Instant now = stream.now();
    for (Instant at : due.values()) {
      if (!at.isAfter(now)) {
        return true;
      }
    }
    return false;
  }

  private void startTimer(Instant at) {
    if (at.isBefore(timer)) {
      timer = at;
      Duration delay = Duration.between(stream.now(), at);
      stream.after(delay.isNegative() ? Duration.ZERO : delay, () -> over(at));
    }
  }

  private void over(Instant started) {
    if (started.equals(timer)) {
      timer = Instant.MAX;
      // What is due now is sent next; the timer is for what is due later.
      Instant now = stream.now();
      Instant next = Instant.MAX;
      for (Instant at : due.values()) {
        if (at.isAfter(now) && at.isBefore(next)) {
          next = at;
        }
      }
      if (!next.equals(Instant.MAX)) {
        startTimer(next);
      }
    }
  }
}
