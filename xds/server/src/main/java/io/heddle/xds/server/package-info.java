/**
 * Serves versioned resources to SotW and delta xDS streams, aggregated and one stream a type.
 *
 * <p>Start at {@link XdsServer}; {@link ResourceCache} holds what is served, {@link ScopeResolver}
 * says who sees what, {@link StreamListener} and {@link SyncView} say what became of it. Inside,
 * {@code Shard} owns streams and {@code Subscription} decides what one of them is sent next. Beside
 * discovery it answers for the status of its clients (CSDS) and takes their {@link LoadReports}
 * (LRS).
 *
 * <ul>
 *   <li><b>Threads:</b> every stream belongs to one shard, and a shard to one thread; all streams
 *       of a node share a shard. Applying a change to the cache only queues it on the shards.
 *   <li><b>Invariant:</b> at most one response per type and stream is unacknowledged, and a
 *       resource is encoded once however many streams it is sent to.
 *   <li><b>Out of scope:</b> where resources come from; who may see which secret (the resolver's).
 * </ul>
 */
@NullMarked
package io.heddle.xds.server;

import org.jspecify.annotations.NullMarked;
