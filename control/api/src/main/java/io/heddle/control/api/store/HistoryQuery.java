package io.heddle.control.api.store;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which past writes are meant: those of a kind, a namespace, a name, before a revision. */
public final class HistoryQuery {
  /** The most writes that one answer holds. */
  public static final int MOST = 1_000;

  private final @Nullable Kind kind;
  private final String namespace;
  private final String name;
  private final Revision before;
  private final int limit;

  private HistoryQuery(
      @Nullable Kind kind, String namespace, String name, Revision before, int limit) {
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException("limit: " + limit + " (expected: 1 to " + MOST + ")");
    }
    this.kind = kind;
    this.namespace = namespace;
    this.name = name;
    this.before = before;
    this.limit = limit;
  }

  /** The newest writes, whatever they changed. */
  public static HistoryQuery newest(int limit) {
    return new HistoryQuery(null, "", "", Revision.NONE, limit);
  }

  public HistoryQuery ofKind(Kind wanted) {
    return new HistoryQuery(wanted, namespace, name, before, limit);
  }

  /** Empty: every namespace. */
  public HistoryQuery inNamespace(String wanted) {
    return new HistoryQuery(kind, wanted, name, before, limit);
  }

  /** Empty: every name. */
  public HistoryQuery named(String wanted) {
    return new HistoryQuery(kind, namespace, wanted, before, limit);
  }

  /** Only older ones; {@link Revision#NONE}: from the newest on. */
  public HistoryQuery before(Revision revision) {
    return new HistoryQuery(kind, namespace, name, revision, limit);
  }

  public Optional<Kind> kind() {
    return Optional.ofNullable(kind);
  }

  public Revision before() {
    return before;
  }

  /** How many writes, 1 to {@value #MOST}; each is told whole. */
  public int limit() {
    return limit;
  }

  /** Whether a change of this object is meant. */
  public boolean includes(ObjectKey key) {
    return (kind == null || key.kind() == kind)
        && (namespace.isEmpty() || key.namespace().equals(namespace))
        && (name.isEmpty() || key.name().equals(name));
  }
}
