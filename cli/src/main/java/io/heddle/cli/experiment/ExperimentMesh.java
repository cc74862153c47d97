package io.heddle.cli.experiment;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;

/** The mesh of an experiment: a control plane, a gateway, and sidecars of some backends. */
interface ExperimentMesh extends Closeable {
  InetSocketAddress gateway();

  /** Where the instance of a service sends its calls. */
  InetSocketAddress outbound(String service);

  /** Applies objects, and returns once every proxy that they concern has accepted them. */
  void apply(String documents);

  /** Takes an object away; one that is not there is no error. */
  void delete(String plural, String name);

  /** Kills a process without a word: {@code control} or {@code gateway}. */
  void kill(String process);

  /** Starts it again, and returns once it serves. */
  void restart(String process) throws IOException;
}
