package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.xds.model.EndpointsConfig.Locality;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The settings of a cluster beside which there is no other. */
final class Alone implements ClusterSettings {
  @Override
  public Locality own() {
    return Locality.NONE;
  }

  @Override
  public LongSupplier nanoTime() {
    return () -> 0;
  }

  @Override
  public @Nullable HostSet localHosts(String asking) {
    return null;
  }

  @Override
  public @Nullable Cluster named(String name) {
    return null;
  }

  @Override
  public void endpointsChanged(String cluster) {}
}
