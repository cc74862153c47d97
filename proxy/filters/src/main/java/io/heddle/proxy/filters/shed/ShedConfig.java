package io.heddle.proxy.filters.shed;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.ProcessLoad;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.OwnFields;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * When requests are refused, and which first.
 *
 * @param cpu the share of processor time from which the machine is busy
 * @param loopDelayNanos how late event loops may come before the proxy is
 * @param coolOffNanos for how long it counts as busy after the last refusal
 * @param mostUnderWay a limit of one's own on requests under way; without end for none
 * @param retryAfter what those refused are told, in seconds
 * @param shadow whether refusals are only counted
 * @param header that says a request's priority, by its word or by {@code values}
 * @param callers names of certificates' SANs, or their beginnings up to a final {@code *}
 * @param healthPaths paths of health checks
 */
record ShedConfig(
    ProcessLoad load,
    double cpu,
    long loopDelayNanos,
    long coolOffNanos,
    double mostUnderWay,
    int status,
    String retryAfter,
    boolean shadow,
    Priority byDefault,
    Optional<HeaderName> header,
    Map<String, Priority> values,
    Map<String, Priority> callers,
    Set<String> healthPaths,
    Capacity capacity,
    Stats stats,
    Heat heat) {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final Duration COOL_OFF = Duration.ofSeconds(1);
  private static final Duration LOOP_DELAY = Duration.ofMillis(100);
  private static final double CPU = 0.9;

  /** The statistics {@code http.<stat_prefix>.shed.*}. */
  record Stats(
      StatsScope.Counter shed,
      StatsScope.Counter wouldShed,
      StatsScope.Counter healthChecks,
      StatsScope.Counter low,
      StatsScope.Counter normal,
      StatsScope.Counter high,
      StatsScope.Gauge underWay) {
    static Stats of(StatsScope scope) {
      StatsScope mine = scope.scope("shed");
      return new Stats(
          mine.counter("rq_shed"),
          mine.counter("rq_would_shed"),
          mine.counter("rq_health_check"),
          mine.counter("rq_shed_low"),
          mine.counter("rq_shed_normal"),
          mine.counter("rq_shed_high"),
          mine.gauge("rq_active"));
    }

    /** Of those refused that have this priority; critical ones never are. */
    StatsScope.Counter of(Priority priority) {
      return switch (priority) {
        case LOW -> low;
        case NORMAL -> normal;
        case HIGH, CRITICAL -> high;
      };
    }
  }

  /** When something was refused last. Shared by the loops. */
  static final class Heat {
    private volatile long refusedNanos;
    private volatile boolean refused;

    void refused(long nowNanos) {
      refusedNanos = nowNanos;
      refused = true;
    }

    boolean lasts(long nowNanos, long coolOffNanos) {
      return refused && nowNanos - refusedNanos < coolOffNanos;
    }
  }

  static ShedConfig of(Struct message, FilterFactoryContext context) throws FilterConfigException {
    OwnFields fields = OwnFields.of(message);
    OwnFields priorities = fields.message("priority");
    Map<String, Priority> values = new HashMap<>();
    named(priorities.message("values"), values);
    Map<String, Priority> callers = new HashMap<>();
    named(priorities.message("callers"), callers);
    String header = priorities.text("header", "");
    Priority byDefault = priority(priorities, "default").orElse(Priority.NORMAL);
    priorities.end();
    int most = fields.whole("max_active_requests", 0, 1, 1 << 30);
    ShedConfig made =
        new ShedConfig(
            context.server().load(),
            fields.number("cpu_threshold", CPU, 0.01, 1),
            fields.time("loop_delay_threshold", LOOP_DELAY).toNanos(),
            fields.time("cool_off", COOL_OFF).toNanos(),
            most == 0 ? Double.POSITIVE_INFINITY : most,
            fields.whole("status", 503, 400, 599),
            Integer.toString(fields.whole("retry_after_seconds", 1, 1, 3_600)),
            fields.flag("shadow", false),
            byDefault,
            header.isEmpty() ? Optional.empty() : Optional.of(name(priorities, header)),
            Map.copyOf(values),
            Map.copyOf(callers),
            Set.copyOf(fields.texts("health_check_paths")),
            new Capacity(fields.time("window", WINDOW).toNanos(), context.nanoTime()),
            Stats.of(context.stats()),
            new Heat());
    fields.end();
    return made;
  }

  private static HeaderName name(OwnFields fields, String header) throws FilterConfigException {
    try {
      return HeaderName.of(header);
    } catch (IllegalArgumentException malformed) {
      throw fields.wrong("header", "the name of a header");
    }
  }

  /** Lists of texts under the words of priorities. */
  private static void named(OwnFields fields, Map<String, Priority> into)
      throws FilterConfigException {
    for (Priority priority : Priority.values()) {
      List<String> texts = fields.texts(priority.word());
      for (String text : texts) {
        if (into.put(text, priority) != null) {
          throw fields.wrong(priority.word(), "each text once");
        }
      }
    }
    fields.end();
  }

  static Optional<Priority> priority(OwnFields fields, String field) throws FilterConfigException {
    String word = fields.text(field, "");
    if (word.isEmpty()) {
      return Optional.empty();
    }
    Optional<Priority> priority = Priority.of(word);
    if (priority.isEmpty()) {
      throw fields.wrong(field, "low, normal, high or critical");
    }
    return priority;
  }

  /** Whether requests are refused at all now, other than by a limit of one's own. */
  boolean busy(long nowNanos) {
    return load.cpu() >= cpu
        || load.loopDelayNanos() >= loopDelayNanos
        || heat.lasts(nowNanos, coolOffNanos);
  }

  /** Whether one of this priority is refused. */
  boolean refuses(Priority priority, long nowNanos) {
    int underWay = capacity.underWay();
    // One at a time always goes, or nothing would ever be learned.
    if (underWay <= 1 || priority == Priority.CRITICAL) {
      return false;
    }
    if (underWay >= mostUnderWay * Math.min(1, priority.share())) {
      return true;
    }
    return busy(nowNanos) && underWay >= priority.share() * capacity.most(nowNanos);
  }
}
