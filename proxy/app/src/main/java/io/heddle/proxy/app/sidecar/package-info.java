/**
 * What a sidecar does beside proxying: its identity and ports over restarts, the registration of
 * the instance beside it, and the checks of that instance's health.
 *
 * <p>Start at {@link Sidecar}; {@link RegistrationClient} speaks {@code heddle.registration.v1}.
 *
 * <ul>
 *   <li><b>Threads:</b> registration and health checks each own a scheduler's thread.
 *   <li><b>Invariant:</b> an instance is announced as healthy only while its application passes its
 *       checks and its inbound listener serves.
 *   <li><b>Out of scope:</b> listeners and routes: those come over xDS.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.sidecar;

import org.jspecify.annotations.NullMarked;
