/**
 * The store of a control plane that runs alone: objects in one file, durable before acknowledged.
 *
 * <p>Start at {@link EmbeddedStore}. One writer thread takes waiting writes in groups: {@link
 * WritePlan} decides what each does, {@link DurableObjects} makes the group durable in an {@link
 * ObjectFile} and promises it in the {@link AcknowledgedMark}, {@link Watcher}s pass it on.
 *
 * <ul>
 *   <li><b>Threads:</b> the writer thread owns the file and the mark; readers share the objects in
 *       memory under a read-write lock; each watcher has a thread of its own.
 *   <li><b>Invariant:</b> nothing is visible, and no write acknowledged, before it was synced; a
 *       store that lost a synced revision does not start.
 *   <li><b>Out of scope:</b> replication, and noticing that somebody put an older copy of the whole
 *       directory back by hand; {@link StoreBackup} makes backups and restores them.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.store;

import org.jspecify.annotations.NullMarked;
