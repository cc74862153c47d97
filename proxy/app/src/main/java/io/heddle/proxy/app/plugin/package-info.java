/**
 * Extensions that are no part of this program.
 *
 * <p>Start at {@link PluginFolder}.
 *
 * <ul>
 *   <li><b>Threads:</b> loaded once, by the thread that starts the proxy.
 *   <li><b>Invariant:</b> a plugin sees the extension SPI, Netty's buffers, protobuf, slf4j and the
 *       JDK, and neither our other classes nor those of another plugin.
 *   <li><b>Out of scope:</b> confining what a plugin does: it runs with the proxy's rights.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.plugin;

import org.jspecify.annotations.NullMarked;
