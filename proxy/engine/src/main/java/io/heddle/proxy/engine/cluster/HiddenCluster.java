package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthCheck.Probe;
import io.heddle.xds.model.HostTransport;
import io.heddle.xds.model.HostTransports;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Makes the cluster by whose connections another one's hosts are checked. */
final class HiddenCluster {
  private static final long MOST = 0xffff_ffffL;
  private static final Thresholds UNBOUNDED = new Thresholds(MOST, MOST, MOST, MOST);

  private HiddenCluster() {}

  /** Like the cluster that is checked as far as bytes are carried; checks bound all else. */
  static ClusterConfig config(ClusterConfig of, HealthCheck check) {
    boolean http2 =
        switch (check.probe()) {
          case Probe.Http http -> http.http2();
          case Probe.Grpc _ -> true;
          case Probe.Tcp _ -> false;
        };
    var made =
        ClusterConfig.builder(
                of.name(), new Discovery.Static(new EndpointsConfig(of.name(), List.of())))
            .altStatName("health_check")
            .connectTimeout(check.times().timeout().plusSeconds(1))
            .circuitBreakers(new CircuitBreakers(UNBOUNDED, UNBOUNDED))
            .perConnectionBufferLimitBytes(of.perConnectionBufferLimitBytes())
            .protocol(http2 ? UpstreamProtocol.HTTP2 : UpstreamProtocol.HTTP1)
            .idleTimeout(Duration.ZERO)
            .maxRequestsPerConnection(check.reuseConnection() ? 0 : 1)
            .maxResponseHeadersKb(of.maxResponseHeadersKb())
            .maxResponseHeadersCount(of.maxResponseHeadersCount())
            .tcpKeepalive(of.tcpKeepalive())
            .http2(of.http2())
            .transports(transports(of.transports(), check.alpn()));
    of.bind().ifPresent(made::bind);
    return made.build();
  }

  private static HostTransports transports(HostTransports of, List<String> alpn) {
    if (alpn.isEmpty()) {
      return of;
    }
    return new HostTransports(
        offering(of.standard(), alpn),
        of.matches().stream()
            .map(match ->
                new HostTransports.Match(
                    match.name(), match.fields(), offering(match.transport(), alpn)))
            .toList(),
        of.names());
  }

  private static HostTransport offering(HostTransport of, List<String> alpn) {
    return switch (of) {
      case HostTransport.Raw raw -> raw;
      case HostTransport.ProxyHeader header ->
          new HostTransport.ProxyHeader(
              header.version(), header.added(), offering(header.inner(), alpn));
      case HostTransport.Tls(UpstreamTlsConfig tls) -> {
        TlsConfig common = tls.common();
        yield new HostTransport.Tls(
            new UpstreamTlsConfig(
                new TlsConfig(
                    common.parameters(),
                    common.certificates(),
                    common.secretCertificates(),
                    common.validation(),
                    common.secretValidation(),
                    alpn),
                tls.sni(),
                tls.autoHostSni(),
                tls.autoSniSanValidation(),
                tls.maxSessionKeys()));
      }
    };
  }

  static Cluster of(
      ClusterConfig config,
      List<Worker> workers,
      HealthTools tools,
      UpstreamTransport transport,
      ClusterSettings settings) {
    Cluster made =
        new Cluster(
            config,
            ClusterExtensions.NONE,
            workers,
            tools.unseen(),
            transport,
            new Apart(settings));
    long millis = made.sockets().patience().toMillis();
    if (millis > 0 && !made.sockets().ready().isDone()) {
      var _ = tools.scheduler().schedule(made::waitForSecretsNoMore, millis, TimeUnit.MILLISECONDS);
    }
    return made;
  }

  /** It is no cluster that others could know. */
  private record Apart(ClusterSettings of) implements ClusterSettings {
    @Override
    public Locality own() {
      return of.own();
    }

    @Override
    public LongSupplier nanoTime() {
      return of.nanoTime();
    }

    @Override
    public @Nullable HostSet localHosts(String asking) {
      return null;
    }

    @Override
    public @Nullable Cluster named(String name) {
      return null;
    }

    @Override
    public void endpointsChanged(String cluster) {
      // Nobody looks at its endpoints.
    }
  }
}
