/**
 * HTTP/1.1 on the wire: strict incremental parsers and writers over one leased head buffer.
 *
 * <p>Start at {@link RequestParser} and {@link ResponseParser}, which a connection feeds with bytes
 * and asks what came; {@link RequestWriter}, {@link ResponseWriter} and {@link ChunkWriter} are the
 * way out. A {@link RequestHead} or {@link ResponseHead} is leased from the {@link HeadPool} of its
 * event loop and released when the exchange's access log is written.
 *
 * <ul>
 *   <li><b>Threads:</b> every object belongs to one event loop; nothing is shared, nothing locks.
 *   <li><b>Invariant:</b> what a parser says does not depend on how the bytes were cut into pieces,
 *       and no message whose length two readers could see differently is let through ({@link
 *       Violation}).
 *   <li><b>Out of scope:</b> channels, timeouts, path normalisation, and what to do with an
 *       upgrade.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.codec;

import org.jspecify.annotations.NullMarked;
