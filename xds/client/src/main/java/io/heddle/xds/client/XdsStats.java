package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a client has counted: of its connection under Envoy's names ({@code
 * control_plane.connected_state}), and of each type. Readable from any thread.
 */
public final class XdsStats {
  private static final int MAX_IDENTIFIER = 256;

  private final Map<ResourceType, TypeStats> types = new EnumMap<>(ResourceType.class);
  final AtomicLong connectedState = new AtomicLong();
  final AtomicLong connectAttempts = new AtomicLong();
  final AtomicLong unknownTypes = new AtomicLong();
  private volatile String identifier = "";
  final AtomicLong rateLimited = new AtomicLong();

  XdsStats() {
    for (ResourceType type : ResourceType.values()) {
      types.put(type, new TypeStats());
    }
  }

  TypeStats of(ResourceType type) {
    TypeStats stats = types.get(type);
    if (stats == null) {
      throw new IllegalStateException("no statistics for " + type);
    }
    return stats;
  }

  /** Takes note of what the control plane calls itself. */
  void identified(String name) {
    if (!name.equals(identifier)) {
      identifier = NackText.cut(name, MAX_IDENTIFIER);
    }
  }

  /** What the control plane calls itself; empty where it says nothing. */
  public String identifier() {
    return identifier;
  }

  /** Whether a stream stands now. */
  public boolean connected() {
    return connectedState.get() == 1;
  }

  /** The last accepted version of a type, empty before the first. */
  public String versionText(ResourceType type) {
    return of(type).version;
  }

  /** How often this type was accepted whole. */
  public long updateSuccess(ResourceType type) {
    return of(type).success.get();
  }

  /** How often at least one resource of this type was refused. */
  public long updateRejected(ResourceType type) {
    return of(type).rejected.get();
  }

  /** How often this type was asked for: subscriptions, and again on every stream. */
  public long updateAttempt(ResourceType type) {
    return of(type).attempt.get();
  }

  /** How often a stream broke while this type was subscribed to. */
  public long updateFailure(ResourceType type) {
    return of(type).failure.get();
  }

  /**
   * What is counted of the connection, by name, sorted. Subscriptions are counted by whoever takes
   * the resources, as each has a name of its own there.
   */
  public Map<String, Long> values() {
    Map<String, Long> out = new TreeMap<>();
    out.put("control_plane.connected_state", connectedState.get());
    out.put("control_plane.connect_attempt", connectAttempts.get());
    out.put("control_plane.unknown_type", unknownTypes.get());
    out.put("control_plane.rate_limit_enforced", rateLimited.get());
    return out;
  }

  /** The short name of a type's discovery service: cds, eds, lds, rds and so on. */
  public static String serviceName(ResourceType type) {
    return switch (type) {
      case CLUSTER -> "cds";
      case ENDPOINTS -> "eds";
      case LISTENER -> "lds";
      case ROUTES -> "rds";
      case SCOPED_ROUTES -> "srds";
      case VIRTUAL_HOSTS -> "vhds";
      case SECRET -> "sds";
      case EXTENSION_CONFIG -> "ecds";
      case RUNTIME -> "rtds";
    };
  }

  /** The counters of one type. */
  static final class TypeStats {
    final AtomicLong attempt = new AtomicLong();
    final AtomicLong success = new AtomicLong();
    final AtomicLong rejected = new AtomicLong();
    final AtomicLong failure = new AtomicLong();
    volatile String version = "";
  }
}
