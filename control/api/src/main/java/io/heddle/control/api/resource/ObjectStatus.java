package io.heddle.control.api.resource;

import java.util.List;

/**
 * What the control plane found out about an object. Derived, never stored with it.
 *
 * @param observedGeneration the generation that it speaks about; zero: nothing said yet
 * @param parts single listeners of a Gateway or ListenerSet; a route at each of its parents
 */
public record ObjectStatus(
    long observedGeneration, List<Condition> conditions, ProxySync proxies, List<Part> parts) {
  public static final ObjectStatus NONE = new ObjectStatus(0, List.of(), ProxySync.NONE);

  public ObjectStatus {
    conditions = List.copyOf(conditions);
    parts = List.copyOf(parts);
  }

  /** The status of an object without parts. */
  public ObjectStatus(long observedGeneration, List<Condition> conditions, ProxySync proxies) {
    this(observedGeneration, conditions, proxies, List.of());
  }

  /** A part of an object that has conditions of its own. */
  public sealed interface Part {
    List<Condition> conditions();
  }

  /**
   * {@code status.listeners[]} of the Gateway API.
   *
   * @param supportedKinds the kinds of routes that it takes
   */
  public record ListenerPart(
      String name, int attachedRoutes, List<Kind> supportedKinds, List<Condition> conditions)
      implements Part {
    public ListenerPart {
      supportedKinds = List.copyOf(supportedKinds);
      conditions = List.copyOf(conditions);
    }
  }

  /** {@code status.ancestors[]} of the Gateway API: a policy at one of its targets. */
  public record AncestorPart(PolicySpec.Target target, List<Condition> conditions) implements Part {
    public AncestorPart {
      conditions = List.copyOf(conditions);
    }
  }

  /** {@code status.parents[]} of the Gateway API. */
  public record ParentPart(ParentRef parent, List<Condition> conditions) implements Part {
    /** Who wrote it: {@code controllerName}. */
    public static final String CONTROLLER = "heddle.io/control";

    public ParentPart {
      conditions = List.copyOf(conditions);
    }
  }
}
