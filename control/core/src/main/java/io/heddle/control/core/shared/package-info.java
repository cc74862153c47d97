/**
 * Keys and values that several control planes share.
 *
 * <p>Start at {@link SharedKeys}; {@link EtcdKeys} is an etcd.
 *
 * <ul>
 *   <li><b>Threads:</b> any but an event loop: calls wait for a member's answer; each watch has a
 *       thread of its own.
 *   <li><b>Invariant:</b> what is read is what a majority has; whoever is told that a commit failed
 *       is told whether it may have been done all the same.
 *   <li><b>Out of scope:</b> what the keys mean; administration of etcd.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.shared;

import org.jspecify.annotations.NullMarked;
