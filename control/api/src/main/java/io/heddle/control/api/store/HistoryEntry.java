package io.heddle.control.api.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A past change of one object: who made it, and what it was before and after. */
public final class HistoryEntry {
  private final ObjectKey key;
  private final Revision revision;
  private final Instant at;
  private final WriteContext context;
  private final @Nullable ResourceObject before;
  private final @Nullable ResourceObject after;

  private HistoryEntry(
      ObjectKey key,
      Revision revision,
      Instant at,
      WriteContext context,
      @Nullable ResourceObject before,
      @Nullable ResourceObject after) {
    this.key = key;
    this.revision = revision;
    this.at = at;
    this.context = context;
    this.before = before;
    this.after = after;
  }

  public static HistoryEntry created(
      Revision revision, Instant at, WriteContext context, ResourceObject after) {
    return new HistoryEntry(after.key(), revision, at, context, null, after);
  }

  public static HistoryEntry changed(
      Revision revision,
      Instant at,
      WriteContext context,
      ResourceObject before,
      ResourceObject after) {
    return new HistoryEntry(after.key(), revision, at, context, before, after);
  }

  public static HistoryEntry deleted(
      Revision revision, Instant at, WriteContext context, ResourceObject before) {
    return new HistoryEntry(before.key(), revision, at, context, before, null);
  }

  public ObjectKey key() {
    return key;
  }

  public Revision revision() {
    return revision;
  }

  public Instant at() {
    return at;
  }

  public WriteContext context() {
    return context;
  }

  /** Empty when this change created the object. */
  public Optional<ResourceObject> before() {
    return Optional.ofNullable(before);
  }

  /** Empty when this change deleted the object. */
  public Optional<ResourceObject> after() {
    return Optional.ofNullable(after);
  }
}
