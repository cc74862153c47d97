package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.HostFlag;
import io.heddle.proxy.engine.HostHealth;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** {@code /clusters}: clusters and their hosts, as text or {@code format=json}. */
public final class ClustersPage implements AdminPage {
  private final Engine engine;
  private final Supplier<Set<String>> statics;

  /**
   * Makes the page.
   *
   * @param statics names of the clusters of the bootstrap
   */
  public ClustersPage(Engine engine, Supplier<Set<String>> statics) {
    this.engine = engine;
    this.statics = statics;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    return request.value("format").orElse("text").equals("json")
        ? AdminResponse.json(json(engine.clusters()))
        : AdminResponse.text(200, text(engine.clusters()));
  }

  private String text(List<ClusterView> clusters) {
    StringBuilder out = new StringBuilder(4096);
    for (ClusterView cluster : clusters) {
      String name = cluster.name();
      out.append(name).append("::observability_name::");
      out.append(cluster.config().altStatName()).append('\n');
      thresholds(out, name, "default_priority", cluster.config().circuitBreakers().normal());
      thresholds(out, name, "high_priority", cluster.config().circuitBreakers().high());
      boolean api = !statics.get().contains(name);
      out.append(name).append("::added_via_api::").append(api).append('\n');
      for (ClusterView.HostView host : cluster.hosts()) {
        String at = name + "::" + host.address() + "::";
        out.append(at).append("cx_active::").append(host.connectionsActive()).append('\n');
        out.append(at).append("cx_connect_fail::").append(host.connectFailures()).append('\n');
        out.append(at).append("cx_total::").append(host.connectionsTotal()).append('\n');
        out.append(at).append("rq_active::").append(host.requestsActive()).append('\n');
        out.append(at).append("rq_error::").append(host.requestsError()).append('\n');
        out.append(at).append("rq_success::").append(host.requestsSuccess()).append('\n');
        out.append(at).append("rq_timeout::").append(host.requestsTimeout()).append('\n');
        out.append(at).append("rq_total::").append(host.requestsTotal()).append('\n');
        out.append(at).append("hostname::").append(host.hostname()).append('\n');
        out.append(at).append("health_flags::").append(flags(host.condition())).append('\n');
        out.append(at).append("weight::").append(host.weight()).append('\n');
        out.append(at).append("region::").append(host.locality().region()).append('\n');
        out.append(at).append("zone::").append(host.locality().zone()).append('\n');
        out.append(at).append("sub_zone::").append(host.locality().subZone()).append('\n');
        out.append(at).append("priority::").append(host.priority()).append('\n');
        out.append(at).append("success_rate::");
        out.append(rate(host.condition().successRate())).append('\n');
        out.append(at).append("local_origin_success_rate::");
        out.append(rate(host.condition().localSuccessRate())).append('\n');
      }
    }
    return out.toString();
  }

  private static void thresholds(
      StringBuilder out, String name, String priority, ClusterConfig.Thresholds bounds) {
    String at = name + "::" + priority + "::";
    out.append(at).append("max_connections::").append(bounds.maxConnections()).append('\n');
    out.append(at).append("max_pending_requests::").append(bounds.maxPendingRequests());
    out.append('\n');
    out.append(at).append("max_requests::").append(bounds.maxRequests()).append('\n');
    out.append(at).append("max_retries::").append(bounds.maxRetries()).append('\n');
  }

  private static String flags(HostHealth host) {
    StringBuilder out = new StringBuilder();
    host.flags().forEach(flag -> out.append('/').append(flag.name().toLowerCase(Locale.ROOT)));
    return out.isEmpty() ? "healthy" : out.toString();
  }

  /** As Envoy writes a number: without a fraction where there is none. */
  private static String rate(double percent) {
    return percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent);
  }

  private String json(List<ClusterView> clusters) {
    StringWriter text = new StringWriter(4096);
    try (JsonWriter out = new JsonWriter(text)) {
      out.beginObject().name("cluster_statuses").beginArray();
      for (ClusterView cluster : clusters) {
        out.beginObject().name("name").value(cluster.name());
        out.name("observability_name").value(cluster.config().altStatName());
        out.name("added_via_api").value(!statics.get().contains(cluster.name()));
        if (cluster.config().discovery() instanceof ClusterConfig.Discovery.Eds eds) {
          out.name("eds_service_name").value(eds.serviceName());
        }
        out.name("host_statuses").beginArray();
        for (ClusterView.HostView host : cluster.hosts()) {
          host(out, host);
        }
        out.endArray().endObject();
      }
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void host(JsonWriter out, ClusterView.HostView host) throws IOException {
    String address = host.address();
    boolean pipe = address.startsWith("/") || address.startsWith("@");
    int colon = pipe ? -1 : address.lastIndexOf(':');
    out.beginObject().name("address").beginObject();
    out.name(pipe ? "pipe" : "socket_address").beginObject();
    out.name(pipe ? "path" : "address").value(colon < 0 ? address : address.substring(0, colon));
    if (colon >= 0) {
      out.name("port_value").value(Integer.parseInt(address.substring(colon + 1)));
    }
    out.endObject().endObject().name("stats").beginArray();
    stat(out, "cx_active", host.connectionsActive(), "GAUGE");
    stat(out, "cx_connect_fail", host.connectFailures(), "COUNTER");
    stat(out, "cx_total", host.connectionsTotal(), "COUNTER");
    stat(out, "rq_active", host.requestsActive(), "GAUGE");
    stat(out, "rq_error", host.requestsError(), "COUNTER");
    stat(out, "rq_success", host.requestsSuccess(), "COUNTER");
    stat(out, "rq_timeout", host.requestsTimeout(), "COUNTER");
    stat(out, "rq_total", host.requestsTotal(), "COUNTER");
    out.endArray().name("health_status").beginObject();
    for (HostFlag flag : host.condition().flags()) {
      if (!flag.field().isEmpty()) {
        out.name(flag.field()).value(true);
      }
    }
    out.name("eds_health_status").value(edsHealth(host.health()));
    out.endObject();
    rate(out, "success_rate", host.condition().successRate());
    rate(out, "local_origin_success_rate", host.condition().localSuccessRate());
    out.name("weight").value(host.weight());
    out.name("hostname").value(host.hostname());
    out.name("priority").value(host.priority());
    out.name("locality").beginObject();
    out.name("region").value(host.locality().region());
    out.name("zone").value(host.locality().zone());
    out.name("sub_zone").value(host.locality().subZone());
    out.endObject().endObject();
  }

  /** Envoy shows a host without a word from EDS as healthy. */
  private static String edsHealth(EndpointsConfig.Health health) {
    return health == EndpointsConfig.Health.UNKNOWN ? "HEALTHY" : health.name();
  }

  private static void rate(JsonWriter out, String name, double percent) throws IOException {
    if (percent >= 0) {
      out.name(name).beginObject().name("value").value(percent).endObject();
    }
  }

  private static void stat(JsonWriter out, String name, long value, String type)
      throws IOException {
    out.beginObject().name("name").value(name).name("value").value(Long.toString(value));
    out.name("type").value(type).endObject();
  }
}
