package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.HttpFilterContext;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Chooses among the hosts that it was made with. Owned by one event loop. */
public interface Balancer {
  /**
   * Index of the chosen host, or -1 where none will do.
   *
   * @param exchange whose attempt it is; null for connections that are not HTTP
   */
  int choose(SplittableRandom random, @Nullable HttpFilterContext exchange);
}
