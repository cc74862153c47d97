package io.heddle.proxy.engine.route;

import io.heddle.proxy.engine.format.Subject;
import java.lang.reflect.Proxy;

/** Subjects that know nothing. */
final class Subjects {
  private Subjects() {}

  /** Must not be asked anything. */
  static Subject silent() {
    return (Subject)
        Proxy.newProxyInstance(
            Subjects.class.getClassLoader(),
            new Class<?>[] {Subject.class},
            (_, method, _) -> {
              throw new AssertionError("asked for " + method.getName());
            });
  }
}
