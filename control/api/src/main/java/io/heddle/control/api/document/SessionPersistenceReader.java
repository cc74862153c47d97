package io.heddle.control.api.document;

import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.SessionPersistence;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads {@code sessionPersistence} of a rule. */
final class SessionPersistenceReader {
  private enum Lifetime {
    SESSION,
    PERMANENT
  }

  private static final Map<String, SessionPersistence.Type> TYPES = types();
  private static final Map<String, Lifetime> LIFETIMES = lifetimes();

  private SessionPersistenceReader() {}

  private static Map<String, SessionPersistence.Type> types() {
    Map<String, SessionPersistence.Type> all = new LinkedHashMap<>();
    all.put("Cookie", SessionPersistence.Type.COOKIE);
    all.put("Header", SessionPersistence.Type.HEADER);
    return all;
  }

  private static Map<String, Lifetime> lifetimes() {
    Map<String, Lifetime> all = new LinkedHashMap<>();
    all.put("Session", Lifetime.SESSION);
    all.put("Permanent", Lifetime.PERMANENT);
    return all;
  }

  static SessionPersistence read(Fields rule) {
    boolean stated = rule.has("sessionPersistence");
    Fields session = rule.mapping("sessionPersistence");
    String name = session.text("sessionName", Syntax.TOKEN);
    SessionPersistence.Type type = session.choice("type", TYPES, SessionPersistence.Type.COOKIE);
    RouteTimeout absolute = HttpRouteReader.timeout(session, "absoluteTimeout");
    boolean cookie = session.states("cookieConfig");
    Fields config = session.mapping("cookieConfig");
    Lifetime lifetime = config.choice("lifetimeType", LIFETIMES, Lifetime.SESSION);
    config.end();
    session.notYet("idleTimeout");
    session.end();
    if (cookie && type == SessionPersistence.Type.HEADER) {
      session.wrong("cookieConfig", "beside type Header", "left out, or type Cookie");
    }
    boolean bounded = absolute instanceof RouteTimeout.After;
    if (lifetime == Lifetime.PERMANENT && !bounded) {
      session.wrong("absoluteTimeout", "missing", "a duration, as the cookie is permanent");
    }
    if (lifetime == Lifetime.SESSION && bounded) {
      session.wrong(
          "absoluteTimeout",
          "beside a session that ends with the client",
          "left out, or cookieConfig.lifetimeType Permanent");
    }
    return stated
        ? new SessionPersistence(name, type, bounded ? absolute : RouteTimeout.UNSET)
        : SessionPersistence.NONE;
  }
}
