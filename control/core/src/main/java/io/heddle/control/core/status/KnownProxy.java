package io.heddle.control.core.status;

import io.heddle.control.core.translate.NodeFacts;
import java.time.Instant;

/**
 * A proxy that is or was connected.
 *
 * @param since when it connected, or when it left
 */
public record KnownProxy(String nodeId, NodeFacts facts, boolean connected, Instant since) {}
