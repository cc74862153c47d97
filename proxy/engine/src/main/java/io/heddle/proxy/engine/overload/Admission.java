package io.heddle.proxy.engine.overload;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.OverloadConfig.Action;
import io.netty.channel.Channel;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Lets connections in, as many as may be. Safe on every thread. */
public final class Admission {
  private final Overload overload;
  private final RuntimeView runtime;
  private final ConnectionLimits limits;
  private final Scope root;
  private final AtomicLong all = new AtomicLong();

  /** Nobody is in. */
  public Admission(Overload overload, RuntimeView runtime, ConnectionLimits limits, Scope root) {
    this.overload = overload;
    this.runtime = runtime;
    this.limits = limits;
    this.root = root;
  }

  /** Connections that are in. */
  public long open() {
    return all.get();
  }

  /** The door of one listening socket. */
  public Door door(String listener) {
    return new Door(listener);
  }

  /** One listening socket's part of it. */
  public final class Door {
    private final AtomicLong open = new AtomicLong();
    private final String key;
    private final ScalarStat overflow;
    private final ScalarStat globalOverflow;
    private final ScalarStat rejected;

    private Door(String listener) {
      key = "envoy.resource_limits.listener." + listener + ".connection_limit";
      Scope stats = root.scope("listener_manager");
      overflow = stats.counter("downstream_cx_overflow");
      globalOverflow = stats.counter("downstream_global_cx_overflow");
      rejected = stats.counter("downstream_cx_overload_reject");
    }

    /** Counts a connection until it is closed; false where it may not come in. */
    @SuppressWarnings("FutureReturnValueIgnored")
    public boolean admits(Channel connection) {
      if (overload.hits(Action.REJECT_INCOMING_CONNECTIONS, ThreadLocalRandom.current())) {
        rejected.increment();
        return false;
      }
      if (open.incrementAndGet() > runtime.integer(key, limits.listener())) {
        open.decrementAndGet();
        overflow.increment();
        return false;
      }
      if (all.incrementAndGet()
          > runtime.integer("overload.global_downstream_max_connections", limits.all())) {
        all.decrementAndGet();
        open.decrementAndGet();
        globalOverflow.increment();
        return false;
      }
      connection
          .closeFuture()
          .addListener(_ -> {
            open.decrementAndGet();
            all.decrementAndGet();
          });
      return true;
    }
  }
}
