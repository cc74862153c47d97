package io.heddle.proxy.api;

import java.util.Optional;
import java.util.Set;

/** An expression over {@link Attributes}, compiled. Immutable; safe on every thread. */
public interface Expression {
  /**
   * Its value, in a bounded number of steps and with no other effect; empty where there is none, as
   * an attribute is not there or values do not fit. Throws nothing.
   *
   * @return of the types of {@link Attributes#value}, or {@link com.google.protobuf.NullValue}
   */
  Optional<Object> evaluate(Attributes attributes);

  /** The attributes that it names outright, such as {@code request.path}. */
  Set<String> attributes();
}
