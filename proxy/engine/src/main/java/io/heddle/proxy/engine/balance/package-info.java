/**
 * Chooses a host for each attempt.
 *
 * <p>Start at {@link BalancerPlans}, which makes of a policy and {@link HostSet}s a {@link
 * BalancerPlan}; each loop gets its {@link Balancer} from it. {@link SourcePlan} is for policies
 * that pick among the hosts of a priority and locality, {@link HashPlan} for those that hash,
 * {@link SubsetPlan} and {@link OverrideHostPlan} lead to others.
 *
 * <ul>
 *   <li><b>Threads:</b> plans are made off the event loops and immutable; a balancer belongs to its
 *       loop. What is observed of a host ({@link HostLoad}) is shared and racy.
 *   <li><b>Invariant:</b> a balancer never returns a host that it was not made with, and choosing
 *       allocates nothing.
 *   <li><b>Out of scope:</b> where hosts come from, and what makes them unhealthy.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.NullMarked;
