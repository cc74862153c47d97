package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says of the names that a {@link Subscription} has to look at which go into its next response.
 * Owned by the stream's shard.
 */
final class Planning {
  /**
   * What a response would hold.
   *
   * @param waiting what would belong in it, and waits for something else
   */
  record Plan(Map<String, EncodedResource> upserts, List<String> removed, List<String> waiting) {}

  private enum Due {
    NOTHING,
    NOW,
    AFTER_TRIAL,
    AFTER_WAIT
  }

  private final StreamState stream;
  private final ResourceType type;
  private final boolean delta;
  private final boolean wholeState;
  private final Interest interest;
  private final Held acked;
  private final Doubts doubts;
  private final Holds holds;

  Planning(
      StreamState stream,
      ResourceType type,
      boolean delta,
      boolean wholeState,
      Interest interest,
      Held acked,
      Doubts doubts,
      Holds holds) {
    this.stream = stream;
    this.type = type;
    this.delta = delta;
    this.wholeState = wholeState;
    this.interest = interest;
    this.acked = acked;
    this.doubts = doubts;
    this.holds = holds;
  }

  /** Whether a full-state response would lack a name that waits and that the client may hold. */
  boolean deletesWhatWaits(Plan plan) {
    if (wholeState) {
      for (String name : plan.waiting()) {
        if (doubts.about(name) && !acked.containsKey(name)) {
          return true; // the end of the wait sends all
        }
      }
    }
    return false;
  }

  /** What is due; those that are no longer so leave the dirty names, the others once they go. */
  Plan of(Collection<String> candidates, boolean trial, Set<String> dirty) {
    Map<String, EncodedResource> upserts = new LinkedHashMap<>();
    List<String> removed = new ArrayList<>();
    List<String> waiting = new ArrayList<>();
    for (String name : candidates) {
      Due due =
          !interest.covers(name)
              ? Due.NOTHING
              : switch (stream.target(type, name)) {
                case NodeState.Target.Withheld w -> Due.NOTHING;
                case NodeState.Target.Present(EncodedResource resource) ->
                    planUpsert(name, resource, upserts);
                case NodeState.Target.Absent a ->
                    trial ? Due.AFTER_TRIAL : planRemoval(name, removed);
              };
      switch (due) {
        case NOTHING -> {
          dirty.remove(name);
          holds.release(name);
        }
        case NOW -> {}
        case AFTER_TRIAL -> dirty.add(name);
        case AFTER_WAIT -> {
          dirty.add(name);
          waiting.add(name);
        }
      }
    }
    holds.startTimer();
    return new Plan(upserts, removed, waiting);
  }

  private Due planUpsert(
      String name, EncodedResource resource, Map<String, EncodedResource> upserts) {
    EncodedResource held = acked.get(name);
    if (held != null && held.sameVersion(resource) && !doubts.about(name)) {
      return Due.NOTHING;
    }
    if (stream.awaitsClusters(resource) && holds.wait(name)) {
      return Due.AFTER_WAIT;
    }
    upserts.put(name, resource);
    return Due.NOW;
  }

  private Due planRemoval(String name, List<String> removed) {
    boolean held = acked.containsKey(name);
    if (!held && !doubts.about(name)) {
      return Due.NOTHING;
    }
    if (!delta && !wholeState) {
      acked.remove(name);
      doubts.end(name);
      return Due.NOTHING;
    }
    if (held && stream.laterTypesPending(type) && holds.wait(name)) {
      return Due.AFTER_WAIT;
    }
    removed.add(name);
    return Due.NOW;
  }
}
