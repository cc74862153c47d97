/**
 * What both sides of HTTP/2 share: a connection of frames and streams of our own (ADR 12). Netty
 * decodes HPACK.
 *
 * <p>Start at {@link io.heddle.proxy.engine.frames.FrameConnection}.
 *
 * <ul>
 *   <li><b>Threads:</b> one event loop a connection.
 *   <li><b>Invariant:</b> what a peer can make us hold is bounded by windows, limits on frames and
 *       the size of a header list.
 *   <li><b>Out of scope:</b> what a stream means.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.frames;

import org.jspecify.annotations.NullMarked;
