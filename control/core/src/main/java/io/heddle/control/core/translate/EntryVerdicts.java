package io.heddle.control.core.translate;

import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.List;

/** Judges whether a WorkloadEntry is of use to anybody. Stateless. */
final class EntryVerdicts {
  private EntryVerdicts() {}

  static Verdict of(World world, ResourceObject object) {
    WorkloadEntrySpec entry = world.entry(object);
    long generation = object.metadata().generation();
    if (!entry.group().isEmpty() && world.group(object).isEmpty()) {
      return unresolved(
          generation,
          new Problem(
              "GroupNotFound", "spec.group: WorkloadGroup " + entry.group() + " is not there"));
    }
    if (!HostPort.isIpLiteral(entry.address())) {
      return Verdict.refused(
          generation,
          new Problem(
              "UnsupportedAddress",
              "spec.address: " + entry.address() + " (expected: an IP address)"));
    }
    if (world.selecting(object.metadata().namespace(), entry.effectiveLabels()).isEmpty()) {
      return unresolved(
          generation,
          new Problem("ServiceNotFound", "no Service of the namespace selects the entry"));
    }
    return Verdict.fine(generation);
  }

  private static Verdict unresolved(long generation, Problem problem) {
    return new Verdict(
        generation,
        List.of(
            new Verdict.Claim(Verdict.ACCEPTED, true, Verdict.ACCEPTED, "the object is in use"),
            Verdict.claim(Verdict.RESOLVED_REFS, List.of(problem), "")));
  }
}
