package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.health.EventSink;
import io.heddle.proxy.engine.stats.Scope;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What judges of hosts live with.
 *
 * @param scheduler where they decide, off the loops
 * @param outlierEvents where it is written down that hosts are taken out
 * @param unseen for statistics of connections that nobody is told of
 */
record HealthTools(
    RuntimeView runtime,
    InstantSource clock,
    ScheduledExecutorService scheduler,
    EventSink outlierEvents,
    Scope unseen) {}
