package io.heddle.control.api.resource;

import java.util.List;

/**
 * What every kind of policy says: which objects it is for, and whether it counts.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-713/">Gateway API, GEP-713: policy
 *     attachment</a>
 */
public sealed interface PolicySpec extends Spec
    permits BackendTrafficPolicySpec, ClientTrafficPolicySpec, TelemetryPolicySpec {
  /** Objects of the policy's own namespace, 1 to 16. */
  List<Target> targets();

  Mode mode();

  /**
   * An object, or a part of it.
   *
   * @param sectionName a listener of a Gateway or ListenerSet, a rule of a route; empty: all of it
   */
  record Target(Kind kind, String name, String sectionName) {
    /** The object that a policy of that namespace means. */
    public ObjectKey key(String namespace) {
      return new ObjectKey(kind, namespace, name);
    }
  }

  /** Whether a policy counts. */
  enum Mode {
    ENFORCE("Enforce"),
    /** It is read, checked and reported on, and changes nothing. */
    SHADOW("Shadow");

    private final String text;

    Mode(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
