/**
 * Changes headers, trailers and query parameters as configured.
 *
 * <p>Start at {@link HeaderMutationFilterFactory}; {@link Mutations} is the compiled configuration.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; the configuration is shared.
 *   <li><b>Invariant:</b> never changes what frames a message or belongs to a connection.
 *   <li><b>Out of scope:</b> choosing the route again after the change.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.headermutation;

import org.jspecify.annotations.NullMarked;
