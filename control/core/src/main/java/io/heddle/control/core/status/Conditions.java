package io.heddle.control.core.status;

import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.ConditionStatus;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.Verdict.Claim;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers since when each condition of each object is as it is. For any thread. */
final class Conditions {
  /** A condition of an object, or of the part of it that {@code part} names. */
  private record Place(ObjectKey object, String part, String type) {}

  private record Since(ConditionStatus status, String time) {}

  private final Map<Place, Since> transitions = new ConcurrentHashMap<>();
  private final Clock clock;

  Conditions(Clock clock) {
    this.clock = clock;
  }

  Condition of(ObjectKey object, Claim claim, long generation) {
    return of(
        object,
        claim.type(),
        ConditionStatus.of(claim.holds()),
        claim.reason(),
        claim.message(),
        generation);
  }

  Condition of(
      ObjectKey object,
      String type,
      ConditionStatus status,
      String reason,
      String message,
      long generation) {
    return of(object, "", new Condition(type, status, reason, message, generation, ""));
  }

  /** The conditions of a part of an object; the caller's own list. */
  List<Condition> ofPart(ObjectKey object, String part, List<Claim> claims, long generation) {
    List<Condition> all = new ArrayList<>();
    for (Claim claim : claims) {
      all.add(
          of(
              object,
              part,
              new Condition(
                  claim.type(),
                  ConditionStatus.of(claim.holds()),
                  claim.reason(),
                  claim.message(),
                  generation,
                  "")));
    }
    return all;
  }

  /** A condition of the whole, said of a part of it. */
  Condition ofPart(ObjectKey object, String part, Condition said) {
    return of(object, part, said);
  }

  private Condition of(ObjectKey object, String part, Condition said) {
    ConditionStatus status = said.status();
    Since since =
        transitions.compute(
            new Place(object, part, said.type()),
            (place, before) ->
                before != null && before.status() == status ? before : new Since(status, now()));
    return new Condition(
        said.type(),
        status,
        said.reason(),
        said.message(),
        said.observedGeneration(),
        since.time());
  }

  void forget(ObjectKey object) {
    transitions.keySet().removeIf(place -> place.object().equals(object));
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
