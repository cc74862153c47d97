/**
 * Extensions whose configuration is fetched while they are in use.
 *
 * <p>Start at {@link DiscoveredExtensions}; {@link Place} is one occurrence in a filter chain.
 *
 * <ul>
 *   <li><b>Threads:</b> configuration changes under a lock; connections and exchanges read once,
 *       when they begin.
 *   <li><b>Invariant:</b> what has begun with one configuration ends with it; a configuration is
 *       closed when nothing uses it any more.
 *   <li><b>Out of scope:</b> where a configuration comes from, and who waits for it.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.discovery;

import org.jspecify.annotations.NullMarked;
