package io.heddle.proxy.engine.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.ClusterConfig.DnsOptions;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Endpoint;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.SocketEndpoint;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Names are looked up again, whatever became of the look-up before. */
class DnsDiscoveryTest {
  private static final Discovery.StrictDns NAMES =
      new Discovery.StrictDns(
          new EndpointsConfig(
              "up",
              List.of(
                  new LocalityEndpoints(
                      Locality.NONE,
                      0,
                      0,
                      List.of(
                          new Endpoint(
                              new SocketEndpoint("up.test", 80),
                              "",
                              Health.HEALTHY,
                              1,
                              Map.of())))),
              140),
          Duration.ofMillis(1),
          DnsLookupFamily.V4_ONLY);

  private static Cluster cluster() {
    ClusterConfig config = ClusterConfig.builder("up", NAMES).build();
    return new Cluster(
        config,
        new ClusterExtensions(Optional.empty(), SharedFilters.NONE),
        List.of(),
        new StatsRegistry(1).root(),
        new UpstreamTransport(
            Sockets.nio(),
            UnpooledByteBufAllocator.DEFAULT,
            Optional.empty(),
            new Secrets(),
            new FileWatch(
                Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory()), 1000)),
        new Alone());
  }

  @Test
  void aLogicalNameIsItsFirstAddressAndFailuresHaveATimeOfTheirOwn() throws Exception {
    Discovery.StrictDns logical =
        new Discovery.StrictDns(
            NAMES.endpoints(),
            Duration.ofHours(1),
            DnsLookupFamily.V4_ONLY,
            new DnsOptions(true, Duration.ofMillis(1), Duration.ofMillis(4), Duration.ZERO));
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch found = new CountDownLatch(1);
    Cluster cluster = cluster();
    List<InetAddress> addresses =
        List.of(
            InetAddress.getByAddress(new byte[] {10, 0, 0, 7}),
            InetAddress.getByAddress(new byte[] {10, 0, 0, 8}));
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    DnsDiscovery discovery =
        new DnsDiscovery(
            cluster,
            logical,
            _ -> {
              if (asked.incrementAndGet() < 4) {
                return CompletableFuture.failedFuture(new IllegalStateException("as asked"));
              }
              found.countDown();
              return CompletableFuture.completedFuture(addresses);
            },
            scheduler);
    try {
      discovery.start();
      assertThat(found.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 3; i++) {
        scheduler.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      assertThat(cluster.hosts()).extracting(Host::address).containsExactly("10.0.0.7:80");
    } finally {
      discovery.stop();
      scheduler.shutdownNow();
    }
  }

  @Test
  void resolverThatThrowsIsAskedAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch found = new CountDownLatch(1);
    Cluster cluster = cluster();
    byte[] ip = {10, 0, 0, 1};
    InetAddress address = InetAddress.getByAddress(ip);
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    DnsDiscovery discovery =
        new DnsDiscovery(
            cluster,
            NAMES,
            _ -> {
              if (asked.incrementAndGet() < 3) {
                throw new IllegalStateException("as asked");
              }
              found.countDown();
              return CompletableFuture.completedFuture(List.of(address));
            },
            scheduler);
    try {
      discovery.start();
      assertThat(found.await(10, TimeUnit.SECONDS)).isTrue();
      // What follows an answer runs on the one thread of the scheduler, before this.
      scheduler.submit(() -> {}).get(10, TimeUnit.SECONDS);
      scheduler.submit(() -> {}).get(10, TimeUnit.SECONDS);
      scheduler.submit(() -> {}).get(10, TimeUnit.SECONDS);
      assertThat(cluster.hosts()).extracting(Host::address).containsExactly("10.0.0.1:80");
      assertThat(cluster.stats().updateFailure.value()).isEqualTo(2);
    } finally {
      discovery.stop();
      scheduler.shutdownNow();
    }
  }
}
