package io.heddle.xds.client;

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
}
