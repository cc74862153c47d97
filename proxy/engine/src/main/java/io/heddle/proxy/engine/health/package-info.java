/**
 * Decides which hosts of a cluster are well: by what they answer, and by what they answer when they
 * are asked.
 *
 * <p>Start at {@link OutlierDetector}, which judges the {@link HostWatch} of each host, and at
 * {@link CheckState}, which judges the checks of one host.
 *
 * <ul>
 *   <li><b>Threads:</b> a {@link HostWatch} is told on every loop, by counters without a lock; the
 *       detector decides under its own lock, off the loops. A {@link CheckState} belongs to the
 *       loop that checks its host.
 *   <li><b>Invariant:</b> nothing here waits, and telling a watch of an answer allocates nothing.
 *   <li><b>Out of scope:</b> how hosts are asked, and what balancers make of it.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.health;

import org.jspecify.annotations.NullMarked;
