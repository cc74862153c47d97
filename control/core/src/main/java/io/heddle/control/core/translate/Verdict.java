package io.heddle.control.core.translate;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.PolicySpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What the translator found out about one object.
 *
 * @param generation the generation that it speaks about
 * @param parts what it found out about single listeners, or about a route at each of its parents
 */
public record Verdict(long generation, List<Claim> claims, List<Part> parts) {
  /** The object means something here. */
  public static final String ACCEPTED = "Accepted";

  /** All that it refers to exists and may be referred to. */
  public static final String RESOLVED_REFS = "ResolvedRefs";

  /** A listener stands where another one does. */
  public static final String CONFLICTED = "Conflicted";

  /** Copies the lists. */
  public Verdict {
    claims = List.copyOf(claims);
    parts = List.copyOf(parts);
  }

  /** A verdict on an object without parts. */
  public Verdict(long generation, List<Claim> claims) {
    this(generation, claims, List.of());
  }

  /** A part of an object that has claims of its own. */
  public sealed interface Part {
    /** What is said of it. */
    List<Claim> claims();
  }

  /**
   * A listener of a Gateway or ListenerSet.
   *
   * @param attachedRoutes how many routes it has
   * @param supportedKinds the kinds that it takes
   */
  public record ListenerPart(
      String name, int attachedRoutes, List<Kind> supportedKinds, List<Claim> claims)
      implements Part {
    /** Copies the lists. */
    public ListenerPart {
      supportedKinds = List.copyOf(supportedKinds);
      claims = List.copyOf(claims);
    }
  }

  /** A policy at one of its targets. */
  public record TargetPart(PolicySpec.Target target, List<Claim> claims) implements Part {
    /** Copies the claims. */
    public TargetPart {
      claims = List.copyOf(claims);
    }
  }

  /** A route at one of its parents. */
  public record ParentPart(ParentRef parent, List<Claim> claims) implements Part {
    /** Copies the claims. */
    public ParentPart {
      claims = List.copyOf(claims);
    }
  }

  /**
   * One statement.
   *
   * @param type {@link #ACCEPTED}, {@link #RESOLVED_REFS} or {@link #CONFLICTED}
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
