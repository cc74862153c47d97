package io.heddle.control.core.status;

import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.ConditionStatus;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.Verdict.Claim;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers since when each condition of each object is as it is. For any thread. */
final class Conditions {
  private record Place(ObjectKey object, String type) {}

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
    Since since =
        transitions.compute(
            new Place(object, type),
            (place, before) ->
                before != null && before.status() == status ? before : new Since(status, now()));
    return new Condition(type, status, reason, message, generation, since.time());
  }

  void forget(ObjectKey object) {
    transitions.keySet().removeIf(place -> place.object().equals(object));
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
