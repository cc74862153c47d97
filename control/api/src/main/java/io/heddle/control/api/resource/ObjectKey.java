package io.heddle.control.api.resource;

import java.util.Comparator;
import java.util.Objects;

/**
 * Names one object: its kind, namespace and name. Ordered by kind, then namespace, then name.
 *
 * @param namespace empty for a kind that has no namespaces
 */
public record ObjectKey(Kind kind, String namespace, String name) implements Comparable<ObjectKey> {
  private static final Comparator<ObjectKey> ORDER =
      Comparator.comparing(ObjectKey::kind)
          .thenComparing(ObjectKey::namespace)
          .thenComparing(ObjectKey::name);

  public ObjectKey {
    Objects.requireNonNull(kind, "kind");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: empty (expected: the object's name)");
    }
    if (kind.namespaced() == namespace.isEmpty()) {
      throw new IllegalArgumentException(
          "namespace: \"%s\" (expected: %s for %s)"
              .formatted(namespace, kind.namespaced() ? "a namespace" : "none", kind.kindName()));
    }
  }

  /** The key of an object in the namespace {@code default}. */
  public static ObjectKey of(Kind kind, String name) {
    return new ObjectKey(kind, ObjectMeta.DEFAULT_NAMESPACE, name);
  }

  @Override
  public int compareTo(ObjectKey other) {
    return ORDER.compare(this, other);
  }

  /** For messages: {@code HTTPRoute default/catalog}. */
  @Override
  public String toString() {
    return namespace.isEmpty()
        ? kind.kindName() + " " + name
        : kind.kindName() + " " + namespace + "/" + name;
  }
}
