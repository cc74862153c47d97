/**
 * The content codings gzip, brotli and zstd, a piece at a time.
 *
 * <p>Start at {@link CompressionLibraries}, which reads Envoy's messages about them.
 *
 * <ul>
 *   <li><b>Threads:</b> a coder belongs to one exchange and its event loop; what makes coders is
 *       immutable.
 *   <li><b>Invariant:</b> a piece that was given is out before the call returns, and an expansion
 *       beyond the allowed ratio is an error, never memory.
 *   <li><b>Out of scope:</b> which messages are coded.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.compression;

import org.jspecify.annotations.NullMarked;
