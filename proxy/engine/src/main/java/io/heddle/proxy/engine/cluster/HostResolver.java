package io.heddle.proxy.engine.cluster;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Looks host names up, without blocking. Safe on every thread. */
@FunctionalInterface
public interface HostResolver {
  /** All addresses of a name; fails where the look-up does. */
  CompletionStage<List<InetAddress>> resolve(String hostname);
}
