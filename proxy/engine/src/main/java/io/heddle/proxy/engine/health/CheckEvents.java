package io.heddle.proxy.engine.health;

import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.HealthCheck;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * Writes down what checks of one host find ({@code envoy.data.core.v3.HealthCheckEvent}, as JSON).
 */
public final class CheckEvents {
  private final HealthCheck.EventLog config;
  private final Supplier<EventSink> sink;
  private final InstantSource clock;
  private final String cluster;
  private final String address;
  private final int port;
  private final String type;
  private final Supplier<Locality> locality;

  /**
   * Of a host.
   *
   * @param sink where events go at the time
   * @param address without the port, or the path of a unix socket
   * @param port zero where there is none
   */
  public CheckEvents(
      HealthCheck config,
      Supplier<EventSink> sink,
      InstantSource clock,
      String cluster,
      String address,
      int port,
      Supplier<Locality> locality) {
    this.config = config.events();
    this.sink = sink;
    this.clock = clock;
    this.cluster = cluster;
    this.address = address;
    this.port = port;
    this.locality = locality;
    this.type =
        switch (config.probe()) {
          case HealthCheck.Probe.Http _ -> "HTTP";
          case HealthCheck.Probe.Grpc _ -> "GRPC";
          case HealthCheck.Probe.Tcp _ -> "TCP";
        };
  }

  private boolean silent() {
    return sink.get().silent();
  }

  void becameHealthy(boolean first) {
    if (!silent()) {
      EventLine line = begin().object("add_healthy_event").flag("first_check", first).end();
      write(timed(line));
    }
  }

  void becameUnhealthy(CheckState.Failure failure) {
    if (!silent()) {
      EventLine line =
          begin().object("eject_unhealthy_event").text("failure_type", failure.name()).end();
      write(timed(line));
    }
  }

  void succeeded() {
    if (!silent() && config.everySuccess()) {
      write(timed(begin()), "successful_health_check_event");
    }
  }

  void failed(CheckState.Failure failure, boolean first) {
    if (!silent() && (first || config.everyFailure())) {
      write(
          timed(begin())
              .object("health_check_failure_event")
              .text("failure_type", failure.name())
              .flag("first_check", first)
              .end());
    }
  }

  void degraded(boolean now) {
    if (!silent()) {
      write(timed(begin()).object(now ? "degraded_healthy_host" : "no_longer_degraded_host").end());
    }
  }

  private EventLine begin() {
    EventLine line = new EventLine().text("health_checker_type", type).object("host");
    if (port == 0) {
      line.object("pipe").text("path", address).number("mode", 0).end();
    } else {
      line.object("socket_address")
          .text("protocol", "TCP")
          .text("address", address)
          .number("port_value", port)
          .text("resolver_name", "")
          .flag("ipv4_compat", false)
          .end();
    }
    return line.end().text("cluster_name", cluster);
  }

  private EventLine timed(EventLine line) {
    return line.text("timestamp", clock.instant().toString());
  }

  private EventLine placed(EventLine line) {
    Locality at = locality.get();
    return line.object("locality")
        .text("region", at.region())
        .text("zone", at.zone())
        .text("sub_zone", at.subZone())
        .end();
  }

  private void write(EventLine line) {
    sink.get().line(placed(line).done());
  }

  /** With an empty event, whose number is the highest. */
  private void write(EventLine line, String event) {
    sink.get().line(placed(line).object(event).end().done());
  }
}
