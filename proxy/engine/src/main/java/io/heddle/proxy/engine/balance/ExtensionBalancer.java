package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LoadBalancerFactory.Host;
import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancer;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin's balancer for HTTP exchanges; round robin for connections, which have no exchange to
 * show it, and where it fails.
 */
public final class ExtensionBalancer implements Balancer {
  private static final Logger LOG = LoggerFactory.getLogger(ExtensionBalancer.class);

  private final LoadBalancer balancer;
  private final RoundRobinBalancer otherwise;
  private final int size;

  /** Leads to this balancer, which was made with these hosts. */
  public ExtensionBalancer(
      LoadBalancer balancer, List<? extends Host> hosts, SplittableRandom random) {
    this.balancer = balancer;
    this.otherwise = new RoundRobinBalancer(hosts, random);
    this.size = hosts.size();
  }

  @Override
  public int choose(SplittableRandom random, BalanceContext context) {
    HttpFilterContext exchange = context.exchange();
    if (exchange == null) {
      return otherwise.choose(random, context);
    }
    try {
      OptionalInt chosen = balancer.choose(exchange);
      if (chosen.isEmpty()) {
        return -1;
      }
      if (chosen.getAsInt() >= 0 && chosen.getAsInt() < size) {
        return chosen.getAsInt();
      }
      LOG.warn("A balancer chose host {} of {}; round robin instead", chosen.getAsInt(), size);
    } catch (RuntimeException failure) {
      LOG.warn("A balancer failed; round robin instead", failure);
    }
    return otherwise.choose(random, context);
  }
}
