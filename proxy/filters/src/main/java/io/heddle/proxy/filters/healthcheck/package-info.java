/**
 * Answers health checks for the service behind the proxy, or keeps its answer for a while.
 *
 * <p>Start at {@link HealthCheckFilter}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; the kept answer is one volatile
 *       reference shared by all of them.
 *   <li><b>Invariant:</b> a proxy that was declared unhealthy says so, whatever the service says.
 *   <li><b>Out of scope:</b> asking hosts for their health; clusters do that.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.healthcheck;

import org.jspecify.annotations.NullMarked;
