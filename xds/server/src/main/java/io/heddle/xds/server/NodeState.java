package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one node over all its streams, and over its reconnects. Owned by one shard: all
 * streams of a node are on the same one.
 */
final class NodeState {
  /**
   * A refused resource.
   *
   * @param version the refused content
   * @param fallback what the node had accepted under that name before
   * @param at when it was refused alone
   */
  record Quarantine(
      String version, String message, @Nullable EncodedResource fallback, Instant at) {}

  /** What a stream should hold under a name. */
  sealed interface Target {
    /** There is no such resource. */
    enum Absent implements Target {
      ABSENT
    }

    /** There is one, but the node refused it and has never accepted another. */
    enum Withheld implements Target {
      WITHHELD
    }

    /** This one. */
    record Present(EncodedResource resource) implements Target {}
  }

  private final String id;
  private final List<StreamState> streams = new ArrayList<>();
  private final Map<ResourceKey, Quarantine> quarantines = new HashMap<>();
  private String userAgent = "";
  private Instant awaySince = Instant.MAX;

  NodeState(String id) {
    this.id = id;
  }

  String id() {
    return id;
  }

  List<StreamState> streams() {
    return streams;
  }

  boolean worthKeeping() {
    return !id.isEmpty() && !quarantines.isEmpty();
  }

  /** A stream was opened: another build may accept what this one refused. */
  void openedBy(String agent) {
    if (!agent.equals(userAgent)) {
      quarantines.clear();
      userAgent = agent;
    }
  }

  /** The last stream was closed. */
  void away(Instant since) {
    awaySince = since;
  }

  Instant awaySince() {
    return awaySince;
  }

  /** A new process asks for the type: what the earlier one refused, it may accept. */
  void forget(ResourceType type) {
    quarantines.keySet().removeIf(key -> key.type() == type);
  }

  void quarantine(ResourceKey key, Quarantine quarantine) {
    quarantines.put(key, quarantine);
  }

  /** What to offer where the cache shows {@code current}; a changed content ends a quarantine. */
  Target target(ResourceType type, String name, @Nullable EncodedResource current) {
    if (!quarantines.isEmpty()) {
      ResourceKey key = new ResourceKey(type, name);
      Quarantine quarantine = quarantines.get(key);
      if (quarantine != null) {
        if (current != null && current.version().equals(quarantine.version())) {
          return quarantine.fallback() == null
              ? Target.Withheld.WITHHELD
              : new Target.Present(quarantine.fallback());
        }
        quarantines.remove(key);
      }
    }
    return current == null ? Target.Absent.ABSENT : new Target.Present(current);
  }

  @Nullable Quarantine quarantineOf(ResourceKey key) {
    return quarantines.get(key);
  }

  @Nullable Rejection rejectionOf(ResourceKey key, String version) {
    Quarantine quarantine = quarantines.get(key);
    return quarantine != null && quarantine.version().equals(version)
        ? new Rejection(id, key.type(), key.name(), version, quarantine.message())
        : null;
  }

  /** The rejections that still hold for what the stream sees. */
  List<Rejection> rejections(StreamState seenBy) {
    List<Rejection> rejections = new ArrayList<>();
    quarantines.forEach((key, quarantine) -> {
      EncodedResource current = seenBy.lookup(key.type(), key.name());
      if (current != null && current.version().equals(quarantine.version())) {
        rejections.add(
            new Rejection(id, key.type(), key.name(), quarantine.version(), quarantine.message()));
      }
    });
    return rejections;
  }

  /** Sends all that may be sent, in the order of the types. */
  void pump() {
    for (ResourceType type : ServedTypes.ALL) {
      for (int i = 0; i < streams.size(); i++) {
        Subscription subscription = streams.get(i).subscription(type);
        if (subscription != null) {
          subscription.send();
        }
      }
    }
  }
}
