package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Every resource that was accepted, by type. */
public record LastGood(Map<ResourceType, List<ReceivedResource>> resources) {

  public LastGood {
    Map<ResourceType, List<ReceivedResource>> copy = new EnumMap<>(ResourceType.class);
    resources.forEach((type, list) -> copy.put(type, List.copyOf(list)));
    resources = Map.copyOf(copy);
  }

  /** The resources of one type, in no order. */
  public List<ReceivedResource> of(ResourceType type) {
    return resources.getOrDefault(type, List.of());
  }

  /** How many resources there are. */
  public int size() {
    int size = 0;
    for (List<ReceivedResource> list : resources.values()) {
      size += list.size();
    }
    return size;
  }
}
