package io.heddle.control.core.translate;

import io.heddle.control.api.resource.BackendTlsPolicySpec;
import io.heddle.control.api.resource.ConfigMapSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.translate.Verdict.Claim;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which BackendTLSPolicy a Service has: of several the one that names a port of it, then the oldest
 * (Gateway API, {@code BackendTLSPolicySpec.targetRefs}).
 */
final class BackendTls {
  private static final Comparator<ResourceObject> AGE =
      Comparator.comparing(BoundRoute::createdAt).thenComparing(ResourceObject::key);

  /**
   * A policy in force.
   *
   * @param authorities in PEM; empty where none of them is there, so that nobody can be believed
   */
  record InForce(ResourceObject policy, String authorities) {
    BackendTlsPolicySpec spec() {
      return (BackendTlsPolicySpec) policy.spec();
    }
  }

  private BackendTls() {}

  static Optional<InForce> of(World world, ResourceObject service) {
    return winner(world, service)
        .map(policy -> new InForce(policy, authorities(world, policy, new ArrayList<>())));
  }

  private static Optional<ResourceObject> winner(World world, ResourceObject service) {
    List<ResourceObject> candidates =
        new ArrayList<>(world.inNamespace(Kind.BACKEND_TLS_POLICY, service.metadata().namespace()));
    candidates.removeIf(policy -> !targets(policy, service));
    candidates.sort(
        Comparator.<ResourceObject, Boolean>comparing(policy -> !namesPort(policy, service))
            .thenComparing(AGE));
    return candidates.stream().findFirst();
  }

  private static boolean targets(ResourceObject policy, ResourceObject service) {
    List<ServiceSpec.Port> ports = ((ServiceSpec) service.spec()).ports();
    for (BackendTlsPolicySpec.Target target : ((BackendTlsPolicySpec) policy.spec()).targets()) {
      boolean port =
          target.sectionName().isEmpty()
              || ports.stream().anyMatch(p -> p.name().equals(target.sectionName()));
      if (port && target.name().equals(service.metadata().name())) {
        return true;
      }
    }
    return false;
  }

  private static boolean namesPort(ResourceObject policy, ResourceObject service) {
    return ((BackendTlsPolicySpec) policy.spec())
        .targets().stream()
            .anyMatch(target ->
                target.name().equals(service.metadata().name()) && !target.sectionName().isEmpty());
  }

  private static String authorities(World world, ResourceObject policy, List<Problem> problems) {
    List<String> found = new ArrayList<>();
    for (String name : ((BackendTlsPolicySpec) policy.spec()).authorities()) {
      ObjectKey key = new ObjectKey(Kind.CONFIG_MAP, policy.metadata().namespace(), name);
      String text =
          world
              .find(key)
              .map(map -> ((ConfigMapSpec) map.spec()).data().getOrDefault(ConfigMapSpec.CA, ""))
              .orElse("");
      if (text.isEmpty()) {
        problems.add(
            new Problem(
                "InvalidCACertificateRef",
                world.find(key).isPresent() ? key + " has no ca.crt" : key + " does not exist"));
      } else {
        found.add(text.strip());
      }
    }
    return found.isEmpty() ? "" : String.join("\n", found) + "\n";
  }

  /** The Services that a policy names, whether they exist or not. */
  static Set<ObjectKey> services(ResourceObject policy) {
    Set<ObjectKey> services = new LinkedHashSet<>();
    for (BackendTlsPolicySpec.Target target : ((BackendTlsPolicySpec) policy.spec()).targets()) {
      services.add(new ObjectKey(Kind.SERVICE, policy.metadata().namespace(), target.name()));
    }
    return services;
  }

  static boolean refersTo(ResourceObject policy, ObjectKey map) {
    return policy.metadata().namespace().equals(map.namespace())
        && ((BackendTlsPolicySpec) policy.spec()).authorities().contains(map.name());
  }

  static Verdict verdict(World world, ResourceObject policy) {
    List<Problem> accepted = new ArrayList<>();
    for (ObjectKey key : services(policy)) {
      Optional<ResourceObject> service = world.find(key);
      if (service.isEmpty() || !targets(policy, service.get())) {
        accepted.add(new Problem("TargetNotFound", key + " does not exist, or not with this port"));
        continue;
      }
      winner(world, service.get())
          .filter(other -> !other.key().equals(policy.key()))
          .ifPresent(other ->
              accepted.add(new Problem("Conflicted", key + " has " + other.key() + " already")));
    }
    List<Problem> references = new ArrayList<>();
    boolean usable = !authorities(world, policy, references).isEmpty();
    if (!usable) {
      accepted.add(new Problem("NoValidCACertificate", "none of caCertificateRefs can be used"));
    }
    Claim resolved = Verdict.claim(Verdict.RESOLVED_REFS, references, "all certificates are there");
    return new Verdict(
        policy.metadata().generation(),
        List.of(
            Verdict.claim(Verdict.ACCEPTED, accepted, "TLS is spoken with its targets"), resolved));
  }
}
