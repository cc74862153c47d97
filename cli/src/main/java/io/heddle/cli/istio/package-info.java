/**
 * Turns Istio's {@code VirtualService} and {@code DestinationRule} into objects of ours, one way.
 *
 * <p>Start at {@link IstioImport}. A {@link Source} reads an object field by field and reports what
 * nobody read, so that nothing is lost without a word; {@link Notes} collects those words.
 *
 * <ul>
 *   <li><b>Threads:</b> one.
 *   <li><b>Invariant:</b> every object that comes out is read by the parser of documents, or is
 *       left out and said to be so.
 *   <li><b>Out of scope:</b> what a running Istio adds by itself; other kinds than these two.
 * </ul>
 *
 * @see <a href="https://istio.io/latest/docs/reference/config/networking/virtual-service/">Istio:
 *     VirtualService</a>
 */
@NullMarked
package io.heddle.cli.istio;

import org.jspecify.annotations.NullMarked;
