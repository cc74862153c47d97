package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Makes a kind of load balancer from configuration. Stateless. */
public interface LoadBalancerFactory {
  /** Envoy's canonical name, or one under your own domain. */
  String name();

  /** Type URLs of the configuration messages that this factory parses. */
  Set<String> typeUrls();

  /**
   * Parses and checks a configuration.
   *
   * @throws FilterConfigException names field, offending and expected value
   */
  LoadBalancerConfig parse(Any config, FilterFactoryContext context) throws FilterConfigException;

  /** Makes the balancer for each set of hosts, anew when the set changes. Immutable. */
  @FunctionalInterface
  interface LoadBalancerConfig {
    /** A balancer over these healthy hosts; called on the event loop that will use it. */
    LoadBalancer newBalancer(List<Host> hosts);
  }

  /** Chooses a host for each attempt. Owned by one event loop. */
  @FunctionalInterface
  interface LoadBalancer {
    /** Index into the hosts that the balancer was made with, or empty where none will do. */
    OptionalInt choose(HttpFilterContext exchange);
  }

  /** A host as a balancer sees it. */
  interface Host {
    /** {@code address:port}. */
    String address();

    /** 1 to 2^32-1. */
    long weight();

    /** Requests under way to the host, over all event loops. */
    int activeRequests();
  }
}
