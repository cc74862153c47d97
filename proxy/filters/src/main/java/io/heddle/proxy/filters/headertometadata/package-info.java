/**
 * Copies headers and cookies into dynamic metadata, for balancing by subset, routes and logs.
 *
 * <p>Start at {@link HeaderToMetadataFilterFactory}; {@link Rule} is one line of the configuration.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> a value is shorter than 8 KiB, or is not put down.
 *   <li><b>Out of scope:</b> trailers and bodies.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.headertometadata;

import org.jspecify.annotations.NullMarked;
