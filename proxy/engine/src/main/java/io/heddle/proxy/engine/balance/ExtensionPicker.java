package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancer;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin's balancer for HTTP exchanges; round robin for connections, which have no exchange to
 * show it, and where it fails.
 */
final class ExtensionPicker implements HostPicker {
  private static final Logger LOG = LoggerFactory.getLogger(ExtensionPicker.class);

  private final LoadBalancer balancer;
  private final RoundRobinPicker otherwise;
  private final int size;

  ExtensionPicker(LoadBalancer balancer, BalancedHost[] hosts, BalanceLoop loop) {
    this.balancer = balancer;
    this.otherwise = new RoundRobinPicker(hosts, new HostWeights(Optional.empty()), loop);
    this.size = hosts.length;
  }

  @Override
  public int pick(BalanceLoop loop, BalanceContext context) {
    HttpFilterContext exchange = context.exchange();
    if (exchange == null) {
      return otherwise.pick(loop, context);
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
    return otherwise.pick(loop, context);
  }
}
