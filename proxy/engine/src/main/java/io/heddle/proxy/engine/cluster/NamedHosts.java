package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.NameCacheSettings;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.dns.NameEntry;
import io.heddle.proxy.engine.dns.NameTable;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.HostTransport;
import io.heddle.xds.model.NameCacheConfig;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hosts of a dynamic forward proxy: the one that a request names, where the name cache has an
 * address for it. Someone must have asked the cache for it before, as the filter of that name does.
 */
final class NamedHosts implements OnDemandHosts {
  private static final String HOST = "envoy.upstream.dynamic_host";
  private static final String PORT = "envoy.upstream.dynamic_port";

  private final Cluster cluster;
  private final NameTable names;
  private final Map<NameEntry, Host> hosts = new ConcurrentHashMap<>();
  private final Consumer<NameEntry> watcher = this::changed;
  private volatile boolean closed;

  NamedHosts(Cluster cluster, NameTable names) {
    this.cluster = cluster;
    this.names = names;
    names.watch(watcher);
  }

  /** The port of hosts that are named without one: that of the scheme. */
  static int defaultPort(ClusterConfig config) {
    HostTransport transport = config.transports().standard();
    if (transport instanceof HostTransport.ProxyHeader header) {
      transport = header.inner();
    }
    return transport instanceof HostTransport.Tls ? 443 : 80;
  }

  /** As the engine's parts take them. */
  static NameCacheSettings settings(NameCacheConfig config) {
    return new NameCacheSettings(
        config.name(),
        NameCacheSettings.Family.valueOf(config.family().name()),
        config.refreshRate(),
        config.minRefreshRate(),
        config.hostTtl(),
        config.limits().maxHosts(),
        config.limits().maxPending(),
        config.failures().refresh(),
        config.failures().base(),
        config.failures().most(),
        config.queryTimeout(),
        config.preresolve());
  }

  @Override
  public @Nullable Host choose(BalanceContext context) {
    String name = null;
    int port = defaultPort(cluster.config());
    HttpFilterContext exchange = context.exchange();
    if (exchange != null) {
      name = exchange.filterState().text(HOST).orElse(null);
      port = port(exchange.filterState().text(PORT).orElse(""), port);
    }
    if (name == null) {
      RequestHeaders request = context.request();
      name = request != null ? request.authority() : context.serverName();
    }
    NameEntry entry = name == null ? null : names.entry(name, port);
    InetSocketAddress address = entry == null ? null : entry.use();
    if (entry == null || address == null || closed) {
      return null;
    }
    Host host = hosts.get(entry);
    if (host == null || !host.socketAddress().equals(address)) {
      host = made(entry, address);
    }
    return host;
  }

  private static int port(String text, int otherwise) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return otherwise;
    }
    int port = Integer.parseInt(text);
    return port > 0 && port <= 65_535 ? port : otherwise;
  }

  private Host made(NameEntry entry, InetSocketAddress address) {
    List<Host> gone = new ArrayList<>(1);
    Host made =
        hosts.compute(
            entry,
            (_, before) -> {
              if (before != null && before.socketAddress().equals(address)) {
                return before;
              }
              if (before != null) {
                gone.add(before);
              }
              return cluster.newHost(address, entry.name());
            });
    cluster.forget(gone);
    return made;
  }

  /** The name has another address now, or is forgotten. */
  private void changed(NameEntry entry) {
    Host before = hosts.remove(entry);
    if (before != null) {
      cluster.forget(List.of(before));
    }
  }

  @Override
  public List<Host> hosts() {
    return List.copyOf(hosts.values());
  }

  @Override
  public void close() {
    closed = true;
    names.unwatch(watcher);
    List<Host> gone = hosts();
    hosts.clear();
    cluster.forget(gone);
  }
}
