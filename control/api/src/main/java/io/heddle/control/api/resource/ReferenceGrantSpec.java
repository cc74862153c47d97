package io.heddle.control.api.resource;

import java.util.List;

/**
 * Which objects of other namespaces may refer to objects of this one (Gateway API {@code
 * ReferenceGrant}).
 *
 * @param from 1 to 16, any of them
 * @param to 1 to 16, any of them
 * @see <a href="https://gateway-api.sigs.k8s.io/api-types/referencegrant/">ReferenceGrant</a>
 */
public record ReferenceGrantSpec(List<From> from, List<To> to) implements Spec {
  public ReferenceGrantSpec {
    from = List.copyOf(from);
    to = List.copyOf(to);
  }

  @Override
  public Kind kind() {
    return Kind.REFERENCE_GRANT;
  }

  /** Whether an object of that kind and namespace may refer to this object of the grant's own. */
  public boolean admits(Kind fromKind, String fromNamespace, ObjectKey target) {
    boolean trusted =
        from.stream().anyMatch(f -> f.kind() == fromKind && f.namespace().equals(fromNamespace));
    return trusted
        && to.stream()
            .anyMatch(t ->
                t.kind() == target.kind()
                    && (t.name().isEmpty() || t.name().equals(target.name())));
  }

  /** Who may refer. */
  public record From(Kind kind, String namespace) {}

  /**
   * To what.
   *
   * @param name empty: every object of the kind
   */
  public record To(Kind kind, String name) {}
}
