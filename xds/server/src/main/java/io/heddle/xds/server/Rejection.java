package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;

/**
 * One resource in one version that one node refused, isolated from all others.
 *
 * @param version the refused content
 * @param message what the node said, cut at 4,096 characters
 */
public record Rejection(
    String nodeId, ResourceType type, String name, String version, String message) {

  /** What was refused. */
  public ResourceVersion resource() {
    return new ResourceVersion(type, name, version);
  }
}
