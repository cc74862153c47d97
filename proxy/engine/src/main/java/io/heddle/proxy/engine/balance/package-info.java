/**
 * Chooses a host for each attempt.
 *
 * <p>Start at {@link Balancer}; {@link RoundRobinBalancer} and {@link LeastRequestBalancer} are
 * built in, {@link ExtensionBalancer} leads to those of plugins.
 *
 * <ul>
 *   <li><b>Threads:</b> a balancer is made anew for each event loop and each set of hosts.
 *   <li><b>Invariant:</b> a balancer never returns a host that it was not made with.
 *   <li><b>Out of scope:</b> which hosts are fit to be chosen.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.NullMarked;
