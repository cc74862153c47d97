package io.heddle.cli.experiment;

import java.time.Duration;
import java.util.Map;

/**
 * Requests of one kind.
 *
 * @param name what the report calls them
 * @param host of the {@code host} header
 * @param at where they are sent
 * @param deadline after which the client has gone
 */
record Load(
    String name,
    Door at,
    String host,
    String path,
    Map<String, String> headers,
    Rate rate,
    Duration deadline) {
  Load {
    headers = Map.copyOf(headers);
  }

  /** Where requests enter the mesh. */
  enum Door {
    GATEWAY,
    /** The sidecar of the service that the clients stand for. */
    SIDECAR
  }
}
