package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.List;

/**
 * A node's acceptance of one response.
 *
 * @param accepted the resources that were new or different in it
 * @param removed the names that the node no longer holds
 */
public record Acknowledgement(
    String nodeId, ResourceType type, List<EncodedResource> accepted, List<String> removed) {
  /** Copies the lists. */
  public Acknowledgement {
    accepted = List.copyOf(accepted);
    removed = List.copyOf(removed);
  }
}
