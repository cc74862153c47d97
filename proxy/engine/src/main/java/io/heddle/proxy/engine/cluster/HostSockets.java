package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.TlsView;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.TlsStats;
import io.heddle.proxy.engine.tls.UpstreamTls;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.HostTransport;
import io.heddle.xds.model.HostTransports;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster's connections are carried by, made from one configuration and closed when another
 * takes its place. Safe on every thread.
 */
final class HostSockets implements AutoCloseable {
  /**
   * What carries one connection's bytes.
   *
   * @param tls null for clear text
   * @param header null where no PROXY header is sent
   */
  record HostSocket(@Nullable UpstreamTls tls, HostTransport.@Nullable ProxyHeader header) {}

  private record Choice(HostTransports.Match match, HostSocket socket, ScalarStat chosen) {}

  private final HostTransports config;
  private final AlpnOffer.Protocols offer;
  private final HostSocket standard;
  private final @Nullable ScalarStat standardChosen;
  private final List<Choice> choices = new ArrayList<>();
  private final boolean perClient;
  private final CompletableFuture<Void> ready;

  private HostSockets(
      HostTransports config,
      AlpnOffer.Protocols offer,
      String owner,
      UpstreamTransport with,
      Scope scope) {
    this.config = config;
    this.offer = offer;
    boolean headers = config.standard() instanceof HostTransport.ProxyHeader;
    for (HostTransports.Match match : config.matches()) {
      headers |= match.transport() instanceof HostTransport.ProxyHeader;
    }
    TlsStats stats = config.useTls() ? new TlsStats(scope, "client") : null;
    this.perClient = headers;
    List<CompletableFuture<Void>> all = new ArrayList<>();
    this.standard = socket(config.standard(), offer, owner, with, stats, all);
    Scope chosen = scope.scope("transport_socket_match");
    for (HostTransports.Match match : config.matches()) {
      choices.add(
          new Choice(
              match,
              socket(match.transport(), offer, owner + ", " + match.name(), with, stats, all),
              chosen.scope(match.name()).counter("total_match_count")));
    }
    this.standardChosen =
        choices.isEmpty() ? null : chosen.scope("default").counter("total_match_count");
    this.ready = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
  }

  /**
   * Begins with the secrets that are there now.
   *
   * @param offer what HTTP says by ALPN where nothing is configured
   */
  static HostSockets open(
      HostTransports config,
      AlpnOffer.Protocols offer,
      String cluster,
      UpstreamTransport with,
      Scope scope) {
    return new HostSockets(config, offer, "Cluster " + cluster, with, scope);
  }

  /** What HTTP says by ALPN where nothing is configured. */
  static AlpnOffer.Protocols offer(ClusterConfig config) {
    return switch (config.protocol()) {
      case HTTP1 -> new AlpnOffer.Protocols(List.of("http/1.1"), List.of());
      case HTTP2 -> new AlpnOffer.Protocols(List.of("h2"), List.of());
      case NEGOTIATED -> new AlpnOffer.Protocols(List.of("h2", "http/1.1"), List.of());
      case DOWNSTREAM -> new AlpnOffer.Protocols(List.of("http/1.1"), List.of("h2"));
    };
  }

  /** What would be refused. */
  static Optional<ConfigError> check(HostTransports config, String cluster) {
    String resource = "Cluster " + cluster;
    Optional<ConfigError> error = check(config.standard(), resource, "transport_socket");
    for (int i = 0; i < config.matches().size() && error.isEmpty(); i++) {
      error =
          check(
              config.matches().get(i).transport(),
              resource,
              "transport_socket_matches[" + i + "].transport_socket");
    }
    return error;
  }

  private static Optional<ConfigError> check(HostTransport transport, String resource, String at) {
    String field = at + ".typed_config";
    return switch (transport) {
      case HostTransport.Raw _ -> Optional.empty();
      case HostTransport.Tls tls -> UpstreamTls.check(tls.config(), resource, field);
      case HostTransport.ProxyHeader header ->
          check(header.inner(), resource, field + ".transport_socket");
    };
  }

  private static HostSocket socket(
      HostTransport transport,
      AlpnOffer.Protocols offer,
      String owner,
      UpstreamTransport with,
      @Nullable TlsStats stats,
      List<CompletableFuture<Void>> all) {
    return switch (transport) {
      case HostTransport.Raw _ -> new HostSocket(null, null);
      case HostTransport.Tls tls -> {
        if (stats == null) {
          throw new IllegalStateException("TLS without statistics");
        }
        UpstreamTls made =
            UpstreamTls.open(tls.config(), offer, owner, with.secrets(), with.files(), stats);
        all.add(made.ready());
        yield new HostSocket(made, null);
      }
      case HostTransport.ProxyHeader header ->
          new HostSocket(socket(header.inner(), offer, owner, with, stats, all).tls(), header);
    };
  }

  /** Whether it is what would be made from this. */
  boolean madeFrom(HostTransports transports, AlpnOffer.Protocols offered) {
    return config.equals(transports) && offer.equals(offered);
  }

  /** Completes when all secrets are there, on the thread that brought the last. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** How long the secrets are waited for; zero for ever, as does a secret that is not fetched. */
  Duration patience() {
    Duration longest = Duration.ZERO;
    for (SecretRef secret : config.secrets()) {
      if (secret.initialFetchTimeout().isZero()) {
        return Duration.ZERO;
      }
      if (secret.initialFetchTimeout().compareTo(longest) > 0) {
        longest = secret.initialFetchTimeout();
      }
    }
    return longest;
  }

  /** Whether a connection is good for one client only. */
  boolean perClient() {
    return perClient;
  }

  /** Whether a host with this metadata is spoken to over TLS. */
  boolean secure(Map<String, StructValue.Fields> metadata) {
    for (Choice choice : choices) {
      if (choice.match().takes(metadata)) {
        return choice.socket().tls() != null;
      }
    }
    return standard.tls() != null;
  }

  /** What carries a connection to a host with this metadata; counts the choice. */
  HostSocket of(Map<String, StructValue.Fields> metadata) {
    for (Choice choice : choices) {
      if (choice.match().takes(metadata)) {
        choice.chosen().increment();
        return choice.socket();
      }
    }
    if (standardChosen != null) {
      standardChosen.increment();
    }
    return standard;
  }

  /** The certificates in use. */
  List<TlsView> views(String owner) {
    List<TlsView> views = new ArrayList<>();
    view(owner, standard, views);
    choices.forEach(choice -> view(owner + ", " + choice.match().name(), choice.socket(), views));
    return views;
  }

  private static void view(String owner, HostSocket socket, List<TlsView> into) {
    UpstreamTls tls = socket.tls();
    if (tls != null) {
      into.add(new TlsView(owner, tls.certificates(), tls.authorities()));
    }
  }

  @Override
  public void close() {
    close(standard);
    choices.forEach(choice -> close(choice.socket()));
  }

  private static void close(HostSocket socket) {
    UpstreamTls tls = socket.tls();
    if (tls != null) {
      tls.close();
    }
  }
}
