/**
 * What an extension of the proxy is written against: filters, and what the proxy offers them.
 *
 * <p>Start at {@link HttpFilter} and {@link HttpFilterFactory}; {@link HttpFilterContext} is what a
 * filter may ask of the proxy. {@link NetworkFilter}, {@link ListenerFilter} and {@link
 * UpstreamHttpFilterFactory} are the seams below and behind HTTP.
 *
 * <ul>
 *   <li><b>Threads:</b> every callback of an exchange or connection runs on the one event loop that
 *       owns it, and every method of a context must be called there, save where its Javadoc says
 *       otherwise ({@link HttpFilterContext#execute}). A callback never blocks.
 *   <li><b>Invariant:</b> no type here names a channel, a pipeline or a thread; bytes cross as
 *       {@link io.netty.buffer.ByteBuf}, always borrowed for the length of the call unless stated.
 *   <li><b>Out of scope:</b> how the bytes travel; that is the engine.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.api;

import org.jspecify.annotations.NullMarked;
