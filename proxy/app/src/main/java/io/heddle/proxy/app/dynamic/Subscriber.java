package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where the names that are wanted are told. */
public interface Subscriber {
  /**
   * Replaces the subscriptions to a type.
   *
   * @param wanted names by where they come from; a source that is left out is let go
   */
  void subscribe(ResourceType type, Map<SourceConfig.Origin, Set<String>> wanted);

  /** Why nothing can come from there, in words for whoever named it; empty where it can. */
  Optional<String> refusal(ResourceType type, SourceConfig.Origin origin);
}
