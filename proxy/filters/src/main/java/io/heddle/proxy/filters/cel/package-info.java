/**
 * The Common Expression Language (CEL), for every place of a configuration that has expressions.
 *
 * <p>Start at {@link CelLanguage}; a {@link CelExpression} asks for attributes as it comes to them.
 *
 * <ul>
 *   <li><b>Threads:</b> expressions are compiled where configurations are, and evaluated on event
 *       loops; they are immutable.
 *   <li><b>Invariant:</b> an expression ends, and makes nothing that is larger than what it is
 *       given: its size and its depth are bounded, and as with Envoy it can neither iterate nor
 *       join texts.
 *   <li><b>Out of scope:</b> what attributes there are, which the engine says.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.cel;

import org.jspecify.annotations.NullMarked;
