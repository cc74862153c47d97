package io.heddle.control.core.translate;

import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.Policies.Place;
import io.heddle.control.core.translate.Verdict.Claim;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is said of policies: whether they count at each of their targets, and which more specific
 * ones take parts of them away.
 */
final class PolicyVerdicts {
  private static final String OVERRIDDEN = "Overridden";

  private PolicyVerdicts() {}

  static Verdict of(World world, ResourceObject policy) {
    PolicySpec spec = (PolicySpec) policy.spec();
    String namespace = policy.metadata().namespace();
    List<Problem> problems = new ArrayList<>();
    List<String> overriding = new ArrayList<>();
    List<Verdict.TargetPart> parts = new ArrayList<>();
    for (PolicySpec.Target target : spec.targets()) {
      Place place = new Place(target.key(namespace), target.sectionName());
      Optional<Problem> problem = problem(world, policy, place);
      problem.ifPresent(problems::add);
      parts.add(
          new Verdict.TargetPart(
              target,
              List.of(
                  Verdict.claim(
                      Verdict.ACCEPTED,
                      problem.map(List::of).orElse(List.of()),
                      spec.mode() == PolicySpec.Mode.SHADOW
                          ? "it would count, and is only watched"
                          : "it counts"))));
      overriding.addAll(overriding(world, policy, place));
    }
    int good = spec.targets().size() - problems.size();
    Claim accepted =
        Verdict.claim(
            Verdict.ACCEPTED,
            problems,
            spec.mode() == PolicySpec.Mode.SHADOW
                ? "mode Shadow: it would count at %d target(s), and changes nothing".formatted(good)
                : "it counts at %d target(s)%s".formatted(good, shortfall(spec)));
    Claim overridden =
        overriding.isEmpty()
            ? new Claim(OVERRIDDEN, false, "NotOverridden", "no policy is more specific")
            : new Claim(
                OVERRIDDEN, true, OVERRIDDEN, "in parts by " + String.join(", ", overriding));
    return new Verdict(
        policy.metadata().generation(), List.of(accepted, overridden), List.copyOf(parts));
  }

  /** What of a policy not everybody does who is told of its target. */
  private static String shortfall(PolicySpec spec) {
    return spec instanceof BackendTrafficPolicySpec backend
            && (backend.passive().stated() || backend.active().stated())
        ? "; gRPC applications without a proxy ask no instance whether it is well"
            + " (healthCheck.active), and take out by failurePercentageThreshold alone"
        : "";
  }

  private static Optional<Problem> problem(World world, ResourceObject policy, Place place) {
    Optional<ResourceObject> target = world.find(place.object());
    if (target.isEmpty()) {
      return Optional.of(new Problem("TargetNotFound", place.object() + " does not exist"));
    }
    if (!place.section().isEmpty() && !sections(target.get()).contains(place.section())) {
      return Optional.of(
          new Problem(
              "TargetNotFound",
              "%s has no %s (expected: one of %s)"
                  .formatted(
                      place.object(), place.section(), String.join(", ", sections(target.get())))));
    }
    Optional<ResourceObject> other = Policies.at(world, policy.kind(), place);
    if (other.isPresent()
        && !other.get().key().equals(policy.key())
        && Policies.AGE.compare(other.get(), policy) < 0) {
      return Optional.of(
          new Problem(
              "Conflicted", place.object() + " has " + other.get().key() + ", which is older"));
    }
    if (policy.kind() == Kind.CLIENT_TRAFFIC_POLICY && sharesItsPort(target.get(), place)) {
      return Optional.of(
          new Problem(
              "Invalid",
              "listener %s shares its port with other listeners of HTTP (expected: all of them)"
                  .formatted(place.section())));
    }
    return Optional.empty();
  }

  /** HTTP listeners of a port have one place for settings: who is meant is known too late. */
  private static boolean sharesItsPort(ResourceObject holder, Place place) {
    if (place.section().isEmpty()) {
      return false;
    }
    List<GatewaySpec.Listener> all = listeners(holder);
    for (GatewaySpec.Listener one : all) {
      if (one.name().equals(place.section()) && one.protocol() == GatewaySpec.Protocol.HTTP) {
        return all.stream().filter(other -> other.port() == one.port()).count() > 1;
      }
    }
    return false;
  }

  private static List<GatewaySpec.Listener> listeners(ResourceObject holder) {
    return switch (holder.spec()) {
      case GatewaySpec gateway -> gateway.listeners();
      case ListenerSetSpec set -> set.listeners();
      default -> List.of();
    };
  }

  private static List<String> sections(ResourceObject target) {
    return switch (target.spec()) {
      case HttpRouteSpec route -> route.rules().stream().map(HttpRouteSpec.Rule::name).toList();
      case GrpcRouteSpec route -> route.rules().stream().map(GrpcRouteSpec.Rule::name).toList();
      default -> listeners(target).stream().map(GatewaySpec.Listener::name).toList();
    };
  }

  private static List<String> overriding(World world, ResourceObject policy, Place place) {
    List<String> found = new ArrayList<>();
    if (!place.section().isEmpty()) {
      return found;
    }
    for (ResourceObject other : world.ofKind(policy.kind())) {
      PolicySpec spec = (PolicySpec) other.spec();
      if (spec.mode() == PolicySpec.Mode.SHADOW || other.key().equals(policy.key())) {
        continue;
      }
      for (PolicySpec.Target target : spec.targets()) {
        ObjectKey key = target.key(other.metadata().namespace());
        boolean part = key.equals(place.object()) && !target.sectionName().isEmpty();
        boolean set =
            world
                .find(key)
                .filter(object -> object.spec() instanceof ListenerSetSpec)
                .map(object ->
                    ((ListenerSetSpec) object.spec())
                        .gateway(key.namespace())
                        .equals(place.object()))
                .orElse(false);
        if (part || set) {
          found.add(other.key().toString());
          break;
        }
      }
    }
    return found;
  }
}
