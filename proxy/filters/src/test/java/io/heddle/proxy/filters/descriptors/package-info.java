/**
 * Tests of what rate limits see in a request.
 *
 * <p>Start at {@link DescriptorRulesTest}.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own.
 *   <li><b>Invariant:</b> every action has a case in which it says something and one in which not.
 *   <li><b>Out of scope:</b> the limits.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.descriptors;

import org.jspecify.annotations.NullMarked;
