package io.heddle.control.core.registry;

import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.RegisteredInstance;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where instances are kept, so that a restarted control plane, or another one, knows them. {@link
 * #write} is called by one thread at a time.
 */
interface InstanceLog extends AutoCloseable {
  /**
   * What is kept now.
   *
   * @throws IllegalStateException when it cannot be read, naming the mend
   */
  List<Known> read();

  /** Tells of all that others did since it was read, and do. */
  void follow(RemoteHolders others);

  /**
   * Makes durable what changed.
   *
   * @param all what the registry holds now
   */
  void write(List<RegisteredInstance> all, List<Changed> changed, Instant at) throws IOException;

  /** Whether every change is to be written at once, as others wait for it. */
  boolean prompt();

  /** For messages. */
  String describe();

  @Override
  void close();

  /**
   * An instance that was kept.
   *
   * @param holder the control plane that has its stream; empty where none has
   */
  record Known(RegisteredInstance instance, String holder) {}

  /**
   * What became of an instance.
   *
   * @param now empty: it is gone
   * @param taken whether it was announced here since the last write
   */
  record Changed(InstanceKey key, Optional<RegisteredInstance> now, boolean taken) {}
}
