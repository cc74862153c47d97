package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one response changes.
 *
 * <p>It may change nothing: the first response of a type is handed on even if it is empty, since it
 * says that the control plane has answered.
 *
 * @param resources those that are new or differ from what the sink accepted before
 * @param removed listeners or clusters that are gone; endpoints and routes are never removed
 * @param absent subscribed endpoints or routes that the control plane says do not exist; what was
 *     accepted under such a name before stays in force
 * @param version that of the response; empty where it has none
 * @param unchanged those that came as they were accepted before
 * @param broken those that are refused already as they cannot be read, with the reason
 */
public record ResourceUpdate(
    ResourceType type,
    List<ReceivedResource> resources,
    Set<String> removed,
    Set<String> absent,
    Origin origin,
    String version,
    List<ReceivedResource> unchanged,
    Map<String, String> broken) {

  public ResourceUpdate {
    resources = List.copyOf(resources);
    removed = Set.copyOf(removed);
    absent = Set.copyOf(absent);
    unchanged = List.copyOf(unchanged);
    broken = Map.copyOf(broken);
  }

  /** One that came with a response that says no version. */
  public ResourceUpdate(
      ResourceType type,
      List<ReceivedResource> resources,
      Set<String> removed,
      Set<String> absent,
      Origin origin) {
    this(type, resources, removed, absent, origin, "", List.of(), Map.of());
  }

  /** The version of the response, or the resource's own where that has none. */
  public String versionOf(ReceivedResource resource) {
    return version.isEmpty() ? resource.version() : version;
  }

  /** Where an update comes from. */
  public enum Origin {
    CONTROL_PLANE,
    /** The last good configuration; the control plane's answer may still correct it. */
    DISK,
    /** Nobody has said anything for as long as the resource was to live. */
    EXPIRY
  }
}
