package io.heddle.proxy.engine.route;

import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;

/** A virtual host, compiled; tables that follow one another share it. Immutable. */
public final class CompiledHost {
  private final VirtualHostConfig config;
  private final RouteIndex index;
  private final boolean holdsSomething;
  private final UseCount tables;

  CompiledHost(VirtualHostConfig config, RouteIndex index, List<AutoCloseable> held) {
    this.config = config;
    this.index = index;
    this.holdsSomething = !held.isEmpty();
    this.tables = new UseCount(() -> TableConfigs.close(held));
  }

  /** The virtual host as configured. */
  public VirtualHostConfig config() {
    return config;
  }

  /** Its name. */
  public String name() {
    return config.name();
  }

  RouteIndex index() {
    return index;
  }

  boolean holdsSomething() {
    return holdsSomething;
  }

  boolean tryUse() {
    return tables.tryUse();
  }

  void done() {
    tables.done();
  }
}
