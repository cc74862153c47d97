/**
 * Names that clients bring, looked up when they are first asked for and kept while they are used.
 *
 * <p>Start at {@link SharedNames}, which has a {@link NameTable} for each configured cache.
 *
 * <ul>
 *   <li><b>Threads:</b> tables change on the discovery thread only; event loops read them.
 *   <li><b>Invariant:</b> a table never has more names than {@code max_hosts}, nor more who wait
 *       than its breaker allows.
 *   <li><b>Out of scope:</b> names that a cluster's configuration lists ({@code cluster}).
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.dns;

import org.jspecify.annotations.NullMarked;
