/**
 * Writes bootstraps with which a stock Envoy or a gRPC application joins the mesh.
 *
 * <p>Start at {@link EnvoyBootstrap} and {@link GrpcBootstrap}; {@code docs/bootstrap.md} explains
 * the metadata keys.
 *
 * <ul>
 *   <li><b>Threads:</b> none of its own.
 *   <li><b>Invariant:</b> every value is checked before it is written, so that none can change the
 *       document's shape.
 *   <li><b>Out of scope:</b> starting them.
 * </ul>
 */
@NullMarked
package io.heddle.cli.envoy;

import org.jspecify.annotations.NullMarked;
