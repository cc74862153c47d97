/**
 * Packaged processes over sockets, and the arrows between modules.
 *
 * <p>Start at {@code ArrowsTest} for the arrows and {@code MeshIT} for the whole mesh.
 *
 * <ul>
 *   <li><b>Threads:</b> tests run one after another; each ends the processes that it started.
 *   <li><b>Invariant:</b> traffic stays on loopback; ports are free ones.
 *   <li><b>Out of scope:</b> foreign peers; {@code tests/interop/run} has those.
 * </ul>
 */
@NullMarked
package io.heddle.tests;

import org.jspecify.annotations.NullMarked;
