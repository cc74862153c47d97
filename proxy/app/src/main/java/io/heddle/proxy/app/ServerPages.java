package io.heddle.proxy.app;

import com.google.gson.stream.JsonWriter;
import io.heddle.proxy.app.admin.AdminRequest;
import io.heddle.proxy.app.admin.AdminResponse;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.model.NodeConfig;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;

/** The pages that concern the process: readiness, information, drain, end, log level, memory. */
final class ServerPages {
  private final Engine engine;
  private final ServerLife life;
  private final NodeConfig node;
  private final ProxySettings settings;
  private final InstantSource clock;

  ServerPages(
      Engine engine,
      ServerLife life,
      NodeConfig node,
      ProxySettings settings,
      InstantSource clock) {
    this.engine = engine;
    this.life = life;
    this.node = node;
    this.settings = settings;
    this.clock = clock;
  }

  AdminResponse ready(AdminRequest request) {
    ServerLife.State state = life.state();
    int status = state == ServerLife.State.LIVE ? 200 : 503;
    return AdminResponse.text(status, state.name() + "\n");
  }

  AdminResponse drain(AdminRequest request) {
    boolean inboundOnly = request.has("inboundonly");
    Duration over = request.has("graceful") ? settings.drainTime() : Duration.ZERO;
    if (!inboundOnly) {
      life.reach(ServerLife.State.DRAINING);
    }
    var _ = engine.drain(over, inboundOnly);
    life.listenersChanged();
    return AdminResponse.text(200, "OK\n");
  }

  AdminResponse quit(AdminRequest request) {
    return AdminResponse.text(200, "OK\n").then(life::requestQuit);
  }

  AdminResponse failHealth(AdminRequest request) {
    life.failHealth(true);
    return AdminResponse.text(200, "OK\n");
  }

  AdminResponse passHealth(AdminRequest request) {
    life.failHealth(false);
    return AdminResponse.text(200, "OK\n");
  }

  AdminResponse resetCounters(AdminRequest request) {
    engine.resetStats();
    return AdminResponse.text(200, "OK\n");
  }

  AdminResponse reopenLogs(AdminRequest request) {
    engine.reopenAccessLogs();
    return AdminResponse.text(200, "OK\n");
  }

  AdminResponse memory(AdminRequest request) {
    Runtime runtime = Runtime.getRuntime();
    return json(out -> {
      out.name("allocated").value(Long.toString(runtime.totalMemory() - runtime.freeMemory()));
      out.name("heap_size").value(Long.toString(runtime.totalMemory()));
      out.name("pageheap_free").value(Long.toString(runtime.freeMemory()));
      out.name("pageheap_unmapped")
          .value(Long.toString(runtime.maxMemory() - runtime.totalMemory()));
      out.name("total_thread_cache").value("0");
      out.name("total_physical_bytes").value(Long.toString(ProcessMemory.residentBytes()));
    });
  }

  AdminResponse serverInfo(AdminRequest request) {
    long uptime = Duration.between(life.started(), clock.instant()).toSeconds();
    return json(out -> {
      out.name("version").value("heddle/" + Version.text());
      out.name("state").value(life.state().name());
      out.name("uptime_current_epoch").value(uptime + "s");
      out.name("uptime_all_epochs").value(uptime + "s");
      out.name("command_line_options").beginObject();
      out.name("concurrency").value(settings.concurrency());
      out.name("drain_time").value(settings.drainTime().toSeconds() + "s");
      out.endObject();
      out.name("node").beginObject();
      out.name("id").value(node.id());
      out.name("cluster").value(node.cluster());
      out.name("locality").beginObject();
      out.name("region").value(node.locality().region());
      out.name("zone").value(node.locality().zone());
      out.name("sub_zone").value(node.locality().subZone());
      out.endObject();
      out.name("user_agent_name").value("heddle");
      out.endObject();
    });
  }

  private interface Fields {
    void write(JsonWriter out) throws IOException;
  }

  private static AdminResponse json(Fields fields) {
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.setIndent(" ");
      out.beginObject();
      fields.write(out);
      out.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return AdminResponse.json(text + "\n");
  }
}
