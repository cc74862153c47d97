/**
 * Hands the listening sockets of a process to the one that replaces it.
 *
 * <p>Start at {@link UpgradeServer}, the old process's side, and {@link UpgradeClient}, the new
 * one's; {@link UpgradeMessage} is what they say to each other over a unix socket.
 *
 * <ul>
 *   <li><b>Threads:</b> each side has one event loop of its own; the loops of traffic are not
 *       touched.
 *   <li><b>Invariant:</b> until the new process says that it is ready, nothing of the old one
 *       changes; from then on exactly one of the two accepts.
 *   <li><b>Out of scope:</b> starting the new process, and what drains in the old one.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.upgrade;

import org.jspecify.annotations.NullMarked;
