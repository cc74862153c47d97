/**
 * The control plane as a program: boots and wires its parts, and serves the REST API, the
 * registration service and xDS.
 *
 * <p>Start at {@link ControlMain}; {@link ControlPlane} is the wiring, top to bottom. {@code
 * RestApi} lists the paths, {@code RegistrationService} takes the sidecars' announcements.
 *
 * <ul>
 *   <li><b>Threads:</b> REST requests run on virtual threads; gRPC calls on Netty's event loops,
 *       where nothing blocks.
 *   <li><b>Invariant:</b> all that comes from outside is bounded and validated before it is used;
 *       an answer never holds a stack trace.
 *   <li><b>Out of scope:</b> the console, identities of workloads.
 * </ul>
 */
@NullMarked
package io.heddle.control.app;

import org.jspecify.annotations.NullMarked;
