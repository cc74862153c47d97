/**
 * Says how objects and proxies stand, from what the translator decided and what proxies hold.
 *
 * <p>Start at {@link StatusBoard}.
 *
 * <ul>
 *   <li><b>Threads:</b> written by the publisher's thread, read by any; a read asks the shards of
 *       the xDS server and so waits for them.
 *   <li><b>Invariant:</b> kept in memory only; a control plane that restarts finds out anew.
 *   <li><b>Out of scope:</b> storing status with objects.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.status;

import org.jspecify.annotations.NullMarked;
