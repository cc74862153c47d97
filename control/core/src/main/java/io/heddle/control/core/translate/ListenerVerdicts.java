package io.heddle.control.core.translate;

import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.Verdict.Claim;
import io.heddle.control.core.translate.Verdict.ListenerPart;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What is said of Gateways and ListenerSets.
 *
 * <p>{@code Accepted} holds while one listener is in force; it says {@code ListenersNotValid} where
 * others are not (Gateway API, {@code GatewayReasonListenersNotValid}).
 */
final class ListenerVerdicts {
  private static final String NOT_VALID = "ListenersNotValid";

  private ListenerVerdicts() {}

  static Verdict ofGateway(GatewayListeners listeners, Collection<BoundRoute> routes) {
    ResourceObject gateway = listeners.gateway();
    return verdict(gateway, listeners.of(gateway.key()), listeners.addressProblems(), routes);
  }

  /** A ListenerSet whose Gateway is there or not, and admits it or not. */
  static Verdict ofSet(World world, ResourceObject set, Collection<BoundRoute> routes) {
    ObjectKey key = ((ListenerSetSpec) set.spec()).gateway(set.metadata().namespace());
    ResourceObject gateway = world.objects().get(key);
    if (gateway == null) {
      return Verdict.refused(
          set.metadata().generation(), new Problem("ParentNotAccepted", key + " does not exist"));
    }
    if (!GatewayListeners.admits(gateway, set)) {
      return Verdict.refused(
          set.metadata().generation(),
          new Problem(
              "NotAllowed",
              key
                  + " does not admit ListenerSets of this namespace (expected: allowedListeners"
                  + " that do)"));
    }
    return verdict(set, GatewayListeners.of(world, gateway).of(set.key()), List.of(), routes);
  }

  private static Verdict verdict(
      ResourceObject holder,
      List<BoundListener> own,
      List<Problem> problems,
      Collection<BoundRoute> routes) {
    List<ListenerPart> parts = new ArrayList<>();
    List<String> invalid = new ArrayList<>();
    List<String> unresolved = new ArrayList<>();
    for (BoundListener listener : own) {
      String name = listener.spec().name();
      parts.add(
          new ListenerPart(
              name,
              attached(listener, routes),
              listener.spec().admittedKinds().stream().sorted().toList(),
              listener.claims()));
      if (!listener.inForce()) {
        invalid.add(name);
      }
      for (Claim claim : listener.claims()) {
        if (claim.type().equals(Verdict.RESOLVED_REFS) && !claim.holds()) {
          unresolved.add(name + ": " + claim.message());
        }
      }
    }
    int good = own.size() - invalid.size();
    Claim accepted;
    if (!invalid.isEmpty()) {
      accepted =
          new Claim(
              Verdict.ACCEPTED,
              good > 0,
              NOT_VALID,
              "not in force: listeners " + String.join(", ", invalid));
    } else {
      accepted = Verdict.claim(Verdict.ACCEPTED, problems, good + " listeners are in force");
    }
    Claim resolved =
        unresolved.isEmpty()
            ? new Claim(
                Verdict.RESOLVED_REFS,
                true,
                Verdict.RESOLVED_REFS,
                "it refers to nothing that is missing")
            : new Claim(Verdict.RESOLVED_REFS, false, NOT_VALID, String.join("; ", unresolved));
    return new Verdict(
        holder.metadata().generation(), List.of(accepted, resolved), List.copyOf(parts));
  }

  private static int attached(BoundListener listener, Collection<BoundRoute> routes) {
    int attached = 0;
    for (BoundRoute route : routes) {
      boolean here =
          route.gateways().stream()
              .anyMatch(place ->
                  place.holder().equals(listener.holder())
                      && place.listener().equals(listener.spec().name()));
      attached += here ? 1 : 0;
    }
    return attached;
  }
}
