/**
 * What the built-in filters share when they read Envoy's configuration messages.
 *
 * <p>Start at {@link SetFields}, by which no field that is set is ever overlooked; {@link
 * HeaderEdit} and {@link HeaderMatcher} are compiled forms of Envoy's messages about headers.
 *
 * <ul>
 *   <li><b>Threads:</b> parsing on any thread; what comes out is immutable.
 *   <li><b>Invariant:</b> a field is honoured, named as without effect, or refused with its path.
 *   <li><b>Out of scope:</b> resources of xDS; those are read by xds/model.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.config;

import org.jspecify.annotations.NullMarked;
