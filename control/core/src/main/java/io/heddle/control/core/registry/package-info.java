/**
 * The registry of a control plane that runs alone: instances in memory, checkpointed beside it.
 *
 * <p>Start at {@link LeaseRegistry}; {@link Entry} is one instance, {@link MassExpiryGuard} decides
 * whether expired leases are believed, {@link Checkpoint} survives a restart.
 *
 * <ul>
 *   <li><b>Threads:</b> one lock guards everything but a heartbeat of a live instance, which is one
 *       volatile write. Listeners run on the dispatch {@link Pulse}, the disk is touched on
 *       another.
 *   <li><b>Invariant:</b> a restart forgets no instance that was checkpointed before its grace is
 *       over, and heartbeats are never stored.
 *   <li><b>Out of scope:</b> the wire; instances of other control planes.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.registry;

import org.jspecify.annotations.NullMarked;
