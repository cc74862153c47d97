/**
 * Lines written at the end of exchanges and connections.
 *
 * <p>Start at {@link AccessLog}; {@link LogWriter} is the one thread that writes, {@link LogSink} a
 * file or a standard stream.
 *
 * <ul>
 *   <li><b>Threads:</b> a line is formatted on its event loop into that loop's buffer of the sink;
 *       the writer takes whole buffers.
 *   <li><b>Invariant:</b> a loop never waits for a disk: what does not fit is dropped and counted.
 *   <li><b>Out of scope:</b> rotation; files are opened anew when asked.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.accesslog;

import org.jspecify.annotations.NullMarked;
