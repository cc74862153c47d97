package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.Map;

/** Takes what the control plane sends. Called on the client's thread, one call at a time. */
public interface ResourceSink {

  /**
   * Puts the good resources in force and refuses the others, each for itself.
   *
   * @return for every refused resource of the update its name and why (field path, what was found,
   *     what is expected); empty where all were accepted
   */
  Map<String, String> apply(ResourceUpdate update);

  /** The stream, poll or file that brings this type failed, or could not be opened. */
  default void failed(ResourceType type) {}

  /** A response of this type could not be read, so that nothing of it was judged. */
  default void unreadable(ResourceType type) {}
}
