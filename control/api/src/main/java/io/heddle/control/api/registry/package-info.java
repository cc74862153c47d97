/**
 * Which instances of which services are there, by leases. A service-provider interface.
 *
 * <p>Start at {@link Registry}; a sidecar's stream holds a {@link Lease} for its instance.
 *
 * <ul>
 *   <li><b>Threads:</b> any thread; no method blocks. Listeners are called on a dispatcher thread
 *       of the registry.
 *   <li><b>Invariant:</b> an instance that said goodbye is away at once, one whose stream broke
 *       only after a grace, and many at once only when it is believed that they are gone and not
 *       the control plane cut off.
 *   <li><b>Out of scope:</b> the wire contract, and instances declared by {@code WorkloadEntry}.
 * </ul>
 */
@NullMarked
package io.heddle.control.api.registry;

import org.jspecify.annotations.NullMarked;
