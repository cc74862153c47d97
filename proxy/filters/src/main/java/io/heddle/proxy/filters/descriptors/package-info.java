/**
 * What a request is, in the words of a rate limit.
 *
 * <p>Start at {@link DescriptorRules}: the {@code rate_limits} of a route, a virtual host or a
 * filter, compiled once; each rule makes a {@link Descriptor} of a request, or none.
 *
 * <ul>
 *   <li><b>Threads:</b> compiled on any thread; immutable afterwards.
 *   <li><b>Invariant:</b> an entry that cannot be made leaves its whole rule without a descriptor,
 *       unless it was told to be skipped.
 *   <li><b>Out of scope:</b> the limits; those are the filters' and the service's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.descriptors;

import org.jspecify.annotations.NullMarked;
