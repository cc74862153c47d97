package io.heddle.control.api.store;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.util.Set;

/**
 * Which objects are meant.
 *
 * @param kinds empty: every kind
 * @param namespace empty: every namespace
 */
public record Selection(Set<Kind> kinds, String namespace) {
  public static final Selection EVERYTHING = new Selection(Set.of(), "");

  public Selection {
    kinds = Set.copyOf(kinds);
  }

  public static Selection of(Kind kind) {
    return new Selection(Set.of(kind), "");
  }

  public static Selection of(Kind kind, String namespace) {
    return new Selection(Set.of(kind), namespace);
  }

  public boolean includes(ObjectKey key) {
    return (kinds.isEmpty() || kinds.contains(key.kind()))
        && (namespace.isEmpty() || namespace.equals(key.namespace()));
  }
}
