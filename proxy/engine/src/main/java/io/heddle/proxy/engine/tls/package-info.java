/**
 * TLS towards clients and hosts, by BoringSSL.
 *
 * <p>Start at {@link DownstreamTls}, which keeps what a filter chain terminates TLS with, and
 * {@link DownstreamHandshake}, one connection's way through it; {@link UpstreamTls} and {@link
 * UpstreamHandshake} are the same towards hosts. {@link Secrets} holds what comes by name.
 *
 * <ul>
 *   <li><b>Threads:</b> material is loaded and swapped by whoever applies configuration and by the
 *       watch of files; handshakes run on the loop of their connection and read one volatile field.
 *   <li><b>Invariant:</b> a private key is in no text: not in errors, not in logs, not in {@code
 *       toString}.
 *   <li><b>Out of scope:</b> which chain a connection gets; where secrets come from.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.tls;

import org.jspecify.annotations.NullMarked;
