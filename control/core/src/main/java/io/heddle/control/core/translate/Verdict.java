package io.heddle.control.core.translate;

import java.util.ArrayList;
import java.util.List;

/**
 * What the translator found out about one object.
 *
 * @param generation the generation that it speaks about
 */
public record Verdict(long generation, List<Claim> claims) {
  /** The object means something here. */
  public static final String ACCEPTED = "Accepted";

  /** All that it refers to exists and may be referred to. */
  public static final String RESOLVED_REFS = "ResolvedRefs";

  /** Copies the claims. */
  public Verdict {
    claims = List.copyOf(claims);
  }

  /**
   * One statement.
   *
   * @param type {@link #ACCEPTED} or {@link #RESOLVED_REFS}
   * @param reason one word in CamelCase
   */
  public record Claim(String type, boolean holds, String reason, String message) {}

  /** A problem that makes a statement false. */
  record Problem(String reason, String message) {}

  static Claim claim(String type, List<Problem> problems, String message) {
    if (problems.isEmpty()) {
      return new Claim(type, true, type, message);
    }
    List<String> messages = new ArrayList<>();
    problems.forEach(problem -> messages.add(problem.message()));
    return new Claim(type, false, problems.getFirst().reason(), String.join("; ", messages));
  }

  static Verdict fine(long generation) {
    return new Verdict(
        generation,
        List.of(
            new Claim(ACCEPTED, true, ACCEPTED, "the object is in use"),
            new Claim(RESOLVED_REFS, true, RESOLVED_REFS, "it refers to nothing that is missing")));
  }

  static Verdict refused(long generation, Problem problem) {
    return new Verdict(
        generation,
        List.of(
            claim(ACCEPTED, List.of(problem), ""),
            new Claim(RESOLVED_REFS, true, RESOLVED_REFS, "it refers to nothing that is missing")));
  }
}
