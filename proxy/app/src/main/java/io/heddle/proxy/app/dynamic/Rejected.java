package io.heddle.proxy.app.dynamic;

import com.google.protobuf.Any;
import java.time.Instant;
import java.util.Optional;

/**
 * The last refusal of a resource that has not been followed by an accepted version.
 *
 * @param configuration what was refused; empty where it could not be read, or is longer than
 *     {@value #LONGEST} bytes
 */
public record Rejected(String version, String message, Instant at, Optional<Any> configuration) {
  /** The longest configuration that is kept for those who ask, in bytes. */
  public static final int LONGEST = 1 << 20;

  public Rejected {
    configuration = configuration.filter(refused -> refused.getValue().size() <= LONGEST);
  }
}
