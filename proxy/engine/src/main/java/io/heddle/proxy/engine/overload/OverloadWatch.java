package io.heddle.proxy.engine.overload;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.OverloadConfig.Action;
import io.heddle.xds.model.OverloadConfig.Monitor;
import io.heddle.xds.model.OverloadConfig.Rule;
import io.heddle.xds.model.OverloadConfig.Trigger;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at what may run short, and says what the process does without ({@code
 * envoy.config.overload.v3.OverloadManager}). Called by one thread.
 *
 * <p>The proxy's own heap and direct memory are watched whatever the configuration says. While they
 * are short, a collection is asked for now and then: without load none would come, and the pressure
 * would never end.
 */
// An action is a place in an array that is never stored.
@SuppressWarnings("EnumOrdinal")
public final class OverloadWatch {
  private static final Logger LOG = LoggerFactory.getLogger(OverloadWatch.class);
  private static final long SHRINK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The weight that Envoy gives what is new. */
  private static final double CPU_NEWEST = 0.05;

  private static final int ACTIONS = Action.values().length;

  private final Overload overload;
  private final Doer doer;
  private final List<Watched> watched = new ArrayList<>();
  private final List<Rule> rules;
  private final ScalarStat[] active = new ScalarStat[ACTIONS];
  private final ScalarStat[] percent = new ScalarStat[ACTIONS];
  private final double[] before = new double[ACTIONS];
  private boolean own;
  private boolean shrunk;
  private long shrunkAt;

  /** Does what an {@link Overload} cannot be asked about. */
  public interface Doer {
    /** Gives back what can be given back. */
    void shrink();

    /** Leaves new connections to the kernel's queue, or takes them again. */
    void stopAccepting(boolean stop);

    /** Ends the heaviest streams; {@code strength} is above 0, to 1. */
    void endHeaviest(double strength);
  }

  private static final class Watched {
    final String name;
    final Pressure pressure;
    final boolean own;
    final ScalarStat percent;
    final ScalarStat failed;
    double share;

    Watched(String name, Pressure pressure, boolean own, Scope stats) {
      this.name = name;
      this.pressure = pressure;
      this.own = own;
      percent = stats.scope(name).gauge("pressure");
      failed = stats.scope(name).counter("failed_updates");
    }

    void look() {
      try {
        share = pressure.share();
        set(percent, Math.round(share * 100));
      } catch (IOException e) {
        // What was seen last counts on.
        if (failed.value() == 0) {
          LOG.warn("The resource monitor {} cannot tell: {}", name, e.getMessage());
        }
        failed.increment();
      }
    }
  }

  /**
   * Nothing seen yet.
   *
   * @param connections how many downstream connections are open
   * @param delays of event loops, looked at only where a monitor wants to know
   * @param stats {@code overload.}
   */
  public OverloadWatch(
      Overload overload,
      OverloadConfig config,
      LongSupplier connections,
      LoopDelays delays,
      Doer doer,
      Scope stats) {
    this(
        overload,
        config,
        connections,
        () -> {
          delays.look();
          return delays.longestNanos();
        },
        Pressure.ofHeap(),
        Pressure.ofDirectMemory(),
        doer,
        stats);
  }

  OverloadWatch(
      Overload overload,
      OverloadConfig config,
      LongSupplier connections,
      LongSupplier loopDelay,
      Pressure heap,
      Pressure direct,
      Doer doer,
      Scope stats) {
    this.overload = overload;
    this.doer = doer;
    this.rules = config.rules();
    watched.add(new Watched("heddle.resource_monitors.heap", heap, true, stats));
    watched.add(new Watched("heddle.resource_monitors.direct_memory", direct, true, stats));
    for (Monitor monitor : config.monitors()) {
      watched.add(
          new Watched(monitor.name(), pressure(monitor, connections, loopDelay), false, stats));
    }
    for (Action action : Action.values()) {
      active[action.ordinal()] = stats.scope(action.envoyName()).gauge("active");
      percent[action.ordinal()] = stats.scope(action.envoyName()).gauge("scale_percent");
    }
  }

  private static Pressure pressure(
      Monitor monitor, LongSupplier connections, LongSupplier loopDelay) {
    return switch (monitor) {
      case Monitor.FixedHeap heap -> Pressure.ofMemory(heap.maxBytes());
      case Monitor.CgroupMemory group ->
          Pressure.ofControlGroup(Pressure.CGROUPS, group.maxBytes());
      case Monitor.InjectedResource file -> Pressure.ofFile(Path.of(file.file()));
      case Monitor.DownstreamConnections most ->
          () -> (double) connections.getAsLong() / most.most();
      case Monitor.CpuUtilization cpu ->
          cpu.container()
              ? CpuShare.ofControlGroup(Pressure.CGROUPS, System::nanoTime, CPU_NEWEST)
              : CpuShare.ofMachine(CPU_NEWEST);
      case Monitor.EventLoopDelay delay -> {
        double most = delay.most().toNanos();
        yield () -> loopDelay.getAsLong() / most;
      }
    };
  }

  /** Looks, and acts on what is seen. */
  public void look(long nowNanos) {
    double mine = 0;
    Map<String, Double> shares = new HashMap<>();
    for (Watched each : watched) {
      each.look();
      if (each.own) {
        mine = Math.max(mine, each.share);
      } else {
        shares.put(each.name, each.share);
      }
    }
    double[] strengths = own(mine);
    for (Rule rule : rules) {
      int place = rule.action().ordinal();
      for (Trigger trigger : rule.triggers()) {
        double strength = trigger.strength(shares.getOrDefault(trigger.monitor(), 0.0));
        strengths[place] = Math.max(strengths[place], strength);
      }
    }
    overload.strengths(strengths);
    act(strengths, nowNanos);
    for (int i = 0; i < ACTIONS; i++) {
      set(active[i], strengths[i] >= 1 ? 1 : 0);
      set(percent[i], Math.round(strengths[i] * 100));
      before[i] = strengths[i];
    }
  }

  /** What the proxy's own memory asks for. */
  private double[] own(double share) {
    double[] strengths = new double[ACTIONS];
    if (share >= Overload.SHRINK) {
      strengths[Action.SHRINK_HEAP.ordinal()] = 1;
    }
    own = share >= Overload.REFUSE || (own && share >= Overload.TAKE_AGAIN);
    if (own) {
      strengths[Action.REJECT_INCOMING_CONNECTIONS.ordinal()] = 1;
      strengths[Action.STOP_ACCEPTING_REQUESTS.ordinal()] = 1;
      strengths[Action.DISABLE_HTTP_KEEPALIVE.ordinal()] = 1;
      strengths[Action.RESET_HIGH_MEMORY_STREAM.ordinal()] =
          Math.clamp((share - Overload.REFUSE) / (1 - Overload.REFUSE), Double.MIN_NORMAL, 1);
    }
    return strengths;
  }

  private void act(double[] strengths, long nowNanos) {
    if (strengths[Action.SHRINK_HEAP.ordinal()] >= 1
        && (!shrunk || nowNanos - shrunkAt >= SHRINK_EVERY_NANOS)) {
      shrunk = true;
      shrunkAt = nowNanos;
      doer.shrink();
    }
    int stop = Action.STOP_ACCEPTING_CONNECTIONS.ordinal();
    if ((strengths[stop] >= 1) != (before[stop] >= 1)) {
      doer.stopAccepting(strengths[stop] >= 1);
    }
    double heaviest = strengths[Action.RESET_HIGH_MEMORY_STREAM.ordinal()];
    if (heaviest > 0) {
      doer.endHeaviest(heaviest);
    }
    for (Action action : Action.values()) {
      int i = action.ordinal();
      if (strengths[i] > 0 && before[i] == 0) {
        LOG.warn("Overload: {} begins{}", action.envoyName(), seen());
      } else if (strengths[i] == 0 && before[i] > 0) {
        LOG.info("Overload: {} is over", action.envoyName());
      }
    }
  }

  private String seen() {
    StringBuilder text = new StringBuilder();
    for (Watched each : watched) {
      text.append(text.isEmpty() ? ", with " : ", ")
          .append(each.name)
          .append(" at ")
          .append(Math.round(each.share * 100))
          .append(" %");
    }
    return text.toString();
  }

  private static void set(ScalarStat gauge, long value) {
    gauge.add(value - gauge.value());
  }
}
