package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.loop.Worker;

/** Calls that the process itself makes through its clusters, for no exchange. */
public final class ProxyCalls {
  private ProxyCalls() {}

  /** Sends on this worker's loop; the handler is told there. Safe on every thread. */
  public static void send(
      Worker worker,
      Clusters clusters,
      AsyncHttpClient.Request request,
      AsyncHttpClient.ResponseHandler handler) {
    worker
        .loop()
        .execute(() ->
            new AsyncCall(
                    worker,
                    clusters,
                    request,
                    handler,
                    _ -> {},
                    failure -> {
                      throw failure;
                    })
                .start());
  }
}
