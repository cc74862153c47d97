package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.WriteResult;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a write would do to a state: decided without touching anything.
 *
 * @param conflicts preconditions that do not hold; when there are any nothing else counts
 * @param changes what has to be made durable; empty when nothing changes
 */
record WritePlan(
    List<WriteResult.Conflict> conflicts,
    List<WriteResult.Outcome> outcomes,
    List<Change> changes) {
  WritePlan {
    conflicts = List.copyOf(conflicts);
    outcomes = List.copyOf(outcomes);
    changes = List.copyOf(changes);
  }

  /** Plans mutations, whose keys differ, against what {@code state} holds. */
  static WritePlan of(
      List<Mutation> mutations,
      Function<ObjectKey, Optional<ResourceObject>> state,
      long revision,
      Instant now,
      Supplier<UUID> uids) {
    List<WriteResult.Conflict> conflicts = new ArrayList<>();
    List<WriteResult.Outcome> outcomes = new ArrayList<>();
    List<Change> changes = new ArrayList<>();
    for (Mutation mutation : mutations) {
      Optional<ResourceObject> current = state.apply(mutation.key());
      conflict(mutation, current).ifPresent(conflicts::add);
      switch (mutation) {
        case Mutation.Put put -> {
          WriteResult.Outcome outcome = put(put.object(), current, revision, now, uids);
          outcomes.add(outcome);
          switch (outcome) {
            case WriteResult.Created created -> changes.add(new Change.Create(created.now()));
            case WriteResult.Configured configured ->
                changes.add(new Change.Replace(configured.before(), configured.now()));
            case WriteResult.Unchanged _, WriteResult.Deleted _, WriteResult.NotFound _ -> {
              // A put that changes nothing; it never deletes.
            }
          }
        }
        case Mutation.Delete delete -> {
          if (current.isPresent()) {
            outcomes.add(new WriteResult.Deleted(current.get()));
            changes.add(new Change.Remove(current.get()));
          } else {
            outcomes.add(new WriteResult.NotFound(delete.key()));
          }
        }
      }
    }
    return new WritePlan(conflicts, outcomes, changes);
  }

  private static WriteResult.Outcome put(
      ResourceObject wanted,
      Optional<ResourceObject> current,
      long revision,
      Instant now,
      Supplier<UUID> uids) {
    String version = String.valueOf(revision);
    if (current.isEmpty()) {
      String created = now.truncatedTo(ChronoUnit.SECONDS).toString();
      String uid = uids.get().toString();
      return new WriteResult.Created(
          ResourceObject.of(wanted.metadata().stored(1, version, created, uid), wanted.spec()));
    }
    ResourceObject before = current.get();
    ObjectMeta meta = before.metadata();
    boolean sameSpec = before.spec().equals(wanted.spec());
    if (sameSpec
        && meta.labels().equals(wanted.metadata().labels())
        && meta.annotations().equals(wanted.metadata().annotations())) {
      return new WriteResult.Unchanged(before);
    }
    long generation = sameSpec ? meta.generation() : meta.generation() + 1;
    ObjectMeta stored =
        wanted.metadata().stored(generation, version, meta.creationTimestamp(), meta.uid());
    return new WriteResult.Configured(before, ResourceObject.of(stored, wanted.spec()));
  }

  private static Optional<WriteResult.Conflict> conflict(
      Mutation mutation, Optional<ResourceObject> current) {
    String version = current.map(object -> object.metadata().resourceVersion()).orElse("");
    String found = version.isEmpty() ? "does not exist" : "exists at revision " + version;
    if (mutation instanceof Mutation.Put(ResourceObject wanted, Precondition _)
        && wanted.spec() instanceof SecretSpec secret
        && !secret.hasData()) {
      // From history, which never had it: the secret that is in force must not be lost to it.
      return Optional.of(
          new WriteResult.Conflict(
              mutation.key(), "its data is not kept in history", "a document with the data"));
    }
    return switch (mutation.precondition()) {
      case Precondition.Always _ -> Optional.empty();
      case Precondition.Presence presence ->
          switch (presence) {
            case ABSENT ->
                current.map(_ -> new WriteResult.Conflict(mutation.key(), found, "absent"));
            case PRESENT ->
                current.isPresent()
                    ? Optional.empty()
                    : Optional.of(new WriteResult.Conflict(mutation.key(), found, "present"));
          };
      case Precondition.Unchanged unchanged ->
          version.equals(unchanged.since().token()) && !version.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  new WriteResult.Conflict(
                      mutation.key(), found, "unchanged since revision " + unchanged.since()));
    };
  }
}
