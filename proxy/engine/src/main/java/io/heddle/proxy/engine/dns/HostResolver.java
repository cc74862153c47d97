package io.heddle.proxy.engine.dns;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Looks host names up, without blocking. Safe on every thread. */
@FunctionalInterface
public interface HostResolver {
  /** All addresses of a name; fails where the look-up does. */
  CompletionStage<List<InetAddress>> resolve(String hostname);

  /** The same, with for how long they hold. */
  default CompletionStage<Resolved> answer(String hostname) {
    return resolve(hostname).thenApply(addresses -> new Resolved(addresses, 0));
  }

  /** Addresses, and for how many seconds they hold; zero where that is not known. */
  record Resolved(List<InetAddress> addresses, long ttlSeconds) {
    public Resolved {
      addresses = List.copyOf(addresses);
    }
  }
}
