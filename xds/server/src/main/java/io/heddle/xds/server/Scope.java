package io.heddle.xds.server;

import java.util.Objects;

/** A named set of resources; what a node sees is the union of its scopes. */
public record Scope(String id) {
  /** Checks that the scope has a name. */
  public Scope {
    Objects.requireNonNull(id, "id");
  }
}
