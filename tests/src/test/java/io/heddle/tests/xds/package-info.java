/**
 * Exercises the xDS server as the public xDS test harness does: through an adapter that sets its
 * state.
 *
 * <p>Start at {@link HarnessAdapter}; {@link HarnessTarget} is the program that serves it, {@link
 * HarnessScenariosTest} states the harness's scenarios anew.
 *
 * <ul>
 *   <li><b>Threads:</b> the adapter is called by gRPC's threads and guards its state itself.
 *   <li><b>Invariant:</b> names and versions are the caller's, never ours.
 *   <li><b>Out of scope:</b> the rules themselves, which {@code xds/server} tests one by one.
 * </ul>
 */
@NullMarked
package io.heddle.tests.xds;

import org.jspecify.annotations.NullMarked;
