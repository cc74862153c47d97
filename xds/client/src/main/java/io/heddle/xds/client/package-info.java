/**
 * Subscribes to an xDS control plane over one aggregated stream and keeps the last good answer on
 * disk.
 *
 * <p>Start at {@link XdsClient}; it hands what arrives to a {@link ResourceSink}. {@link
 * LastGoodStore} is the file. {@code DeltaConversation} and {@code SotwConversation} are the two
 * variants of the protocol.
 *
 * <ul>
 *   <li><b>Threads:</b> all state belongs to the one thread of an {@link XdsScheduler}; the sink
 *       and the listener are called on it.
 *   <li><b>Invariant:</b> a resource that the sink refused never replaces one that it accepted, in
 *       memory or on disk, and never holds back the others of its response.
 *   <li><b>Out of scope:</b> what a resource means: bodies stay encoded here.
 * </ul>
 */
@NullMarked
package io.heddle.xds.client;

import org.jspecify.annotations.NullMarked;
