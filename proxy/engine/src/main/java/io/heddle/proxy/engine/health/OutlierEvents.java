package io.heddle.proxy.engine.health;

import java.time.InstantSource;

/**
 * Writes down which hosts are taken out and come back ({@code
 * envoy.data.cluster.v3.OutlierDetectionEvent}, as JSON).
 */
final class OutlierEvents {
  private final String cluster;
  private final EventSink sink;
  private final InstantSource clock;

  /** What the hosts were compared with; negative where they were not. */
  record Comparison(double mean, double threshold) {
    static final Comparison NONE = new Comparison(-1, -1);
  }

  OutlierEvents(String cluster, EventSink sink, InstantSource clock) {
    this.cluster = cluster;
    this.sink = sink;
    this.clock = clock;
  }

  void ejected(
      HostWatch host, EjectionType type, boolean enforced, Comparison compared, long nowNanos) {
    EventLine line =
        begin(host, type, "EJECT", host.returned, host.returnedAt, nowNanos)
            .flag("enforced", enforced);
    switch (type) {
      case SUCCESS_RATE, SUCCESS_RATE_LOCAL_ORIGIN ->
          line.object("eject_success_rate_event")
              .number("host_success_rate", whole(rate(host, type)))
              .number("cluster_average_success_rate", whole(compared.mean()))
              .number("cluster_success_rate_ejection_threshold", whole(compared.threshold()))
              .end();
      case FAILURE_PERCENTAGE, FAILURE_PERCENTAGE_LOCAL_ORIGIN ->
          line.object("eject_failure_percentage_event")
              .number("host_success_rate", whole(rate(host, type)))
              .end();
      case CONSECUTIVE_5XX, CONSECUTIVE_GATEWAY_FAILURE, CONSECUTIVE_LOCAL_ORIGIN_FAILURE ->
          line.object("eject_consecutive_event").end();
    }
    sink.line(line.done());
  }

  void returned(HostWatch host, long nowNanos) {
    sink.line(
        begin(host, EjectionType.CONSECUTIVE_5XX, "UNEJECT", true, host.ejectedAt, nowNanos)
            .flag("enforced", false)
            .done());
  }

  private EventLine begin(
      HostWatch host, EjectionType type, String action, boolean before, long since, long now) {
    EventLine line =
        new EventLine().text("type", type.name()).text("timestamp", clock.instant().toString());
    if (before) {
      line.text("secs_since_last_action", Long.toString((now - since) / 1_000_000_000L));
    }
    return line.text("cluster_name", cluster)
        .text("upstream_url", host.address())
        .text("action", action)
        .number("num_ejections", host.ejections);
  }

  private static double rate(HostWatch host, EjectionType type) {
    return type == EjectionType.SUCCESS_RATE || type == EjectionType.FAILURE_PERCENTAGE
        ? host.successRate()
        : host.localSuccessRate();
  }

  private static long whole(double percent) {
    return percent < 0 ? 0 : (long) percent;
  }
}
