package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.Optional;

/**
 * One open stream of a proxy.
 *
 * @param id unique within the server
 * @param type the only type of the stream, or empty where the stream is aggregated
 * @param delta whether the incremental variant is spoken
 * @param since when the node became known
 */
public record ProxyStream(
    long id, NodeInfo node, Optional<ResourceType> type, boolean delta, Instant since) {}
