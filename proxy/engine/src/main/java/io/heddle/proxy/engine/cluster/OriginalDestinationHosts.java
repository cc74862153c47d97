package io.heddle.proxy.engine.cluster;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.xds.model.ClusterConfig.Discovery.OriginalDst;
import io.heddle.xds.model.ClusterConfig.MetadataKey;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hosts of an {@code ORIGINAL_DST} cluster: a connection goes where it was going before it was
 * redirected here, unless filter state, dynamic metadata or a header names another address; in this
 * order, as in Envoy. A host that was not chosen for a whole cleanup interval, and to which there
 * is no connection, is forgotten.
 */
final class OriginalDestinationHosts implements OnDemandHosts {
  /**
   * At most so many hosts: with a header clients name them, and each costs memory. Envoy knows no
   * bound.
   */
  static final int MOST = 16_384;

  private static final String FILTER_STATE = "envoy.network.transport_socket.original_dst_address";

  private final Cluster cluster;
  private final OriginalDst config;
  private final @Nullable HeaderName header;
  private final Map<InetSocketAddress, Entry> entries = new ConcurrentHashMap<>();
  private final ScheduledFuture<?> cleanup;

  /** A host, and whether it was chosen since the last cleanup; written by every loop. */
  private static final class Entry {
    final Host host;
    volatile boolean chosen = true;

    Entry(Host host) {
      this.host = host;
    }
  }

  OriginalDestinationHosts(
      Cluster cluster, OriginalDst config, ScheduledExecutorService scheduler) {
    this.cluster = cluster;
    this.config = config;
    this.header = config.header().map(HeaderName::of).orElse(null);
    long interval = Math.max(1, config.cleanupInterval().toMillis());
    this.cleanup =
        scheduler.scheduleWithFixedDelay(this::cleanUp, interval, interval, TimeUnit.MILLISECONDS);
  }

  @Override
  public @Nullable Host choose(BalanceContext context) {
    InetSocketAddress address = destination(context);
    if (address == null) {
      return null;
    }
    if (config.port().isPresent() && address.getPort() != config.port().getAsInt()) {
      address = new InetSocketAddress(address.getAddress(), config.port().getAsInt());
    }
    Entry entry = entries.get(address);
    if (entry == null) {
      if (entries.size() >= MOST) {
        cluster.stats().originalDstOverflow.increment();
        return null;
      }
      entry = entries.computeIfAbsent(address, at -> new Entry(cluster.newHost(at, "")));
    }
    if (!entry.chosen) {
      // A cleanup may have forgotten it meanwhile; it serves this once then.
      entry.chosen = true;
    }
    return entry.host;
  }

  private @Nullable InetSocketAddress destination(BalanceContext context) {
    HttpFilterContext exchange = context.exchange();
    if (exchange != null) {
      Optional<String> set = exchange.filterState().text(FILTER_STATE);
      InetSocketAddress found = set.isPresent() ? parse(set.get()) : null;
      MetadataKey key = config.metadata().orElse(null);
      if (found == null && key != null) {
        found = metadata(exchange, key);
      }
      if (found != null) {
        return found;
      }
    }
    RequestHeaders request = context.request();
    if (header != null && request != null && request.contains(header)) {
      InetSocketAddress found = valid(request.first(header).orElse(""));
      if (found != null) {
        return found;
      }
    }
    return context.restored() ? context.downstreamDestination() : null;
  }

  private @Nullable InetSocketAddress metadata(HttpFilterContext exchange, MetadataKey key) {
    Struct struct =
        exchange.dynamicMetadata().get(key.namespace()).orElseGet(Struct::getDefaultInstance);
    Value value = Value.newBuilder().setStructValue(struct).build();
    for (String segment : key.path()) {
      value = value.getStructValue().getFieldsOrDefault(segment, Value.getDefaultInstance());
    }
    return value.hasStringValue() ? valid(value.getStringValue()) : null;
  }

  /** As {@link #parse}, counted where it is not an address. */
  private @Nullable InetSocketAddress valid(String text) {
    InetSocketAddress address = parse(text);
    if (address == null) {
      cluster.stats().originalDstHostInvalid.increment();
    }
    return address;
  }

  /** An IPv4 address or an IPv6 one in brackets, with a port; null for anything else. */
  static @Nullable InetSocketAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    int digits = text.length() - colon - 1;
    if (colon <= 0 || digits < 1 || digits > 5 || text.length() > 53) {
      return null;
    }
    int port = 0;
    for (int i = colon + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return null;
      }
      port = port * 10 + c - '0';
    }
    boolean bracketed = text.charAt(0) == '[' && text.charAt(colon - 1) == ']';
    String host = bracketed ? text.substring(1, colon - 1) : text.substring(0, colon);
    if (port > 65_535 || bracketed != host.indexOf(':') >= 0 || host.indexOf('%') >= 0) {
      return null;
    }
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    if (bytes == null) {
      return null;
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void cleanUp() {
    List<Host> gone = new ArrayList<>();
    entries
        .values()
        .removeIf(entry -> {
          Host host = entry.host;
          boolean keep =
              entry.chosen || host.connectionsActive.get() > 0 || host.activeRequests() > 0;
          entry.chosen = false;
          if (!keep) {
            gone.add(host);
          }
          return !keep;
        });
    cluster.forget(gone);
  }

  @Override
  public List<Host> hosts() {
    return entries.values().stream().map(entry -> entry.host).toList();
  }

  @Override
  public void close() {
    cleanup.cancel(false);
    List<Host> gone = hosts();
    entries.clear();
    cluster.forget(gone);
  }
}
