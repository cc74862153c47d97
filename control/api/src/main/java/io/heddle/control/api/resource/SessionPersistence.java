package io.heddle.control.api.resource;

/**
 * Whether a client stays with the instance that first answered it (Gateway API {@code
 * SessionPersistence}).
 *
 * @param name of the cookie or header; empty: one that the control plane derives from the route
 * @param type where the session is kept
 * @param absoluteTimeout how long a permanent cookie lives; else {@link RouteTimeout#UNSET}
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1619/">Gateway API, GEP-1619</a>
 */
public record SessionPersistence(String name, Type type, RouteTimeout absoluteTimeout) {
  public static final SessionPersistence NONE =
      new SessionPersistence("", Type.NONE, RouteTimeout.UNSET);

  /** Where the session is kept. */
  public enum Type {
    /** There is none. */
    NONE,
    COOKIE,
    HEADER
  }
}
