package io.heddle.proxy.engine.balance;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a policy needs to know of its cluster beside the hosts.
 *
 * @param panicThreshold percent of usable hosts under which health is disregarded
 * @param localHosts the hosts of the local cluster; null where there is none
 * @param activeRequests requests under way to the whole cluster
 * @param nanoTime monotonic nanoseconds
 */
public record BalanceSettings(
    double panicThreshold,
    BalanceStats stats,
    @Nullable HostSet localHosts,
    LongSupplier activeRequests,
    LongSupplier nanoTime) {}
