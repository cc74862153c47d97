package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What this process wants and has of one type, across streams. Owned by the client's thread.
 *
 * <p>{@code fromDisk} holds resources of the last good configuration that nobody has subscribed to
 * yet; a subscription moves them to {@code held}.
 */
final class TypeState {
  final ResourceType type;
  final XdsStats.TypeStats stats;
  final Map<String, ReceivedResource> held = new HashMap<>();
  final Map<String, ReceivedResource> fromDisk = new HashMap<>();
  final Set<String> absent = new HashSet<>();

  /** Names that the sink has been told are not on disk. */
  final Set<String> missingToldOnce = new HashSet<>();

  Set<String> wanted = Set.of();

  /** Last accepted SotW version of this process, repeated on a new stream. */
  String version = "";

  /** Whether the control plane has answered for this type since the process started. */
  boolean answered;

  TypeState(ResourceType type, XdsStats.TypeStats stats) {
    this.type = type;
    this.stats = stats;
  }

  boolean wildcard() {
    return wanted.contains(XdsClient.WILDCARD);
  }

  boolean wants(String name) {
    return wanted.contains(name) || wildcard();
  }

  /** Whether the wildcard is the whole subscription and may be asked for in the legacy way. */
  boolean legacyWildcard() {
    return (type.fullState() || type == ResourceType.VIRTUAL_HOSTS)
        && wanted.size() == 1
        && wildcard();
  }

  /** Whether everything subscribed to has been answered. */
  boolean complete() {
    if (wanted.isEmpty()) {
      return true;
    }
    if (!answered) {
      return false;
    }
    for (String name : wanted) {
      if (!name.equals(XdsClient.WILDCARD) && !held.containsKey(name) && !absent.contains(name)) {
        return false;
      }
    }
    return true;
  }
}
