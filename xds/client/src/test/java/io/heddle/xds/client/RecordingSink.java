package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Remembers what it was given and refuses the names that the test put into {@code refuse}. */
final class RecordingSink implements ResourceSink {
  final List<ResourceUpdate> updates = new ArrayList<>();
  final Map<String, String> refuse = new HashMap<>();
  Runnable onApply = () -> {};

  @Override
  public Map<String, String> apply(ResourceUpdate update) {
    updates.add(update);
    onApply.run();
    Map<String, String> refused = new HashMap<>();
    for (ReceivedResource resource : update.resources()) {
      String why = refuse.get(resource.name());
      if (why != null) {
        refused.put(resource.name(), why);
      }
    }
    return refused;
  }

  ResourceUpdate last() {
    return updates.getLast();
  }

  String lastNames() {
    return updates.getLast().resources().stream()
        .map(ReceivedResource::name)
        .collect(Collectors.toCollection(TreeSet::new))
        .toString();
  }

  long count(ResourceType type) {
    return updates.stream().filter(update -> update.type() == type).count();
  }
}
