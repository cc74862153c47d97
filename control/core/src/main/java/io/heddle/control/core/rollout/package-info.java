/**
 * Brings a change to the proxies by stages, and takes it back by itself where it does harm.
 *
 * <p>Start at {@link Rollouts}; {@link Stage} says who comes when, {@link Judge} what harm is, and
 * {@link Staging} what it needs of whoever publishes. {@link Conductor} takes the steps, {@link
 * Follower} shows proxies what is noted of them, {@link Replicas} is what both need where several
 * control planes share the store.
 *
 * <ul>
 *   <li><b>Threads:</b> {@link Rollouts} for any thread that may wait; one lock, and each step is
 *       durable before it is taken.
 *   <li><b>Invariant:</b> at most one rollout is under way, and until it is complete the store
 *       holds the objects as they were.
 *   <li><b>Out of scope:</b> how two configurations are shown side by side ({@code publish}).
 * </ul>
 */
@NullMarked
package io.heddle.control.core.rollout;

import org.jspecify.annotations.NullMarked;
