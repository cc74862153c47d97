/**
 * Applies what a control plane sends to the engine, in the order that keeps traffic whole.
 *
 * <p>Start at {@link DynamicConfig}; {@code ClusterSet} holds clusters and their endpoints, {@code
 * ListenerSet} listeners and their routes.
 *
 * <ul>
 *   <li><b>Threads:</b> everything belongs to the thread of the xDS client.
 *   <li><b>Invariant:</b> a listener is not live before its routes, nothing is live before the
 *       first clusters are warm, and a cluster goes after the last route that names it.
 *   <li><b>Out of scope:</b> the protocol; what a field means.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.dynamic;

import org.jspecify.annotations.NullMarked;
