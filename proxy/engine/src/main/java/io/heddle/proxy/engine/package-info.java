/**
 * The data plane of one process: listeners, HTTP connection manager, router, clusters, statistics.
 *
 * <p>Start at {@link Engine}; made by {@link EngineBuilder}. The way of a request is told in {@code
 * docs/request-path.md}.
 *
 * <ul>
 *   <li><b>Threads:</b> {@link Engine} is safe on every thread; all else about a connection belongs
 *       to the event loop that it was given at accept.
 *   <li><b>Invariant:</b> configuration that was refused has changed nothing.
 *   <li><b>Out of scope:</b> where configuration comes from, and the admin API's text.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine;

import org.jspecify.annotations.NullMarked;
