package io.heddle.xds.server;

import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Clients of other servers that serve the same, for whoever asks this one for the status of all.
 * Called on threads that must not wait.
 */
@FunctionalInterface
public interface OtherClients {
  /** There are no others. */
  OtherClients NONE = request -> CompletableFuture.completedFuture(List.of());

  /** What those hold that the request is about. */
  CompletableFuture<List<ClientConfig>> find(ClientStatusRequest request);
}
