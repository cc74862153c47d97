/**
 * Looks the host up that a request names before the request goes on ({@code
 * envoy.filters.http.dynamic_forward_proxy}).
 *
 * <p>Start at {@link DynamicForwardProxyFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; answers come on another thread
 *       and are passed on to the loop.
 *   <li><b>Invariant:</b> a request that goes on to a cluster of this kind names a host that has an
 *       address.
 *   <li><b>Out of scope:</b> connecting, which the cluster does.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.dynamicforwardproxy;

import org.jspecify.annotations.NullMarked;
