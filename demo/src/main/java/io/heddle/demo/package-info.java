/**
 * Java twins of the sample services, for machines that lack a runtime.
 *
 * <p>Start at {@link Twin}; {@link ShopService} is the shop's call graph.
 *
 * <ul>
 *   <li><b>Threads:</b> one virtual thread a request.
 *   <li><b>Invariant:</b> answers exactly as the service that it stands in for, but for the
 *       language.
 *   <li><b>Out of scope:</b> anything but the JDK's own classes; nothing of the mesh is used.
 * </ul>
 */
@NullMarked
package io.heddle.demo;

import org.jspecify.annotations.NullMarked;
