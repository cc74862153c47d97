/**
 * HTTP/2 towards clients, on Netty's low-level connection handler.
 *
 * <p>Start at {@link io.heddle.proxy.engine.http2.Http2Downstream}; {@link
 * io.heddle.proxy.engine.http2.HttpCodecs} chooses between it and HTTP/1.1. The upstream side is
 * {@code cluster/Http2UpstreamConnection}, the frames' guard for both {@code frames/}.
 *
 * <ul>
 *   <li><b>Threads:</b> a connection and all its streams belong to one event loop.
 *   <li><b>Invariant:</b> everything a turn of the loop writes is flushed once, at its end; credit
 *       for a body is given back when it has been taken, not when it has come.
 *   <li><b>Out of scope:</b> server push, priorities, {@code Upgrade: h2c}.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.http2;

import org.jspecify.annotations.NullMarked;
