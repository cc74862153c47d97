package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Listeners come, change, drain and go. */
class ListenerTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private static RouteTable saying(String name, String text) {
    return new RouteTable(
        name,
        Configs.routes(List.of(Configs.route("/", new RouteAction.DirectResponse(200, text))))
            .virtualHosts(),
        false,
        false,
        false,
        io.heddle.xds.model.HeaderMutations.NONE,
        io.heddle.xds.model.HeaderMutations.NONE,
        List.of(),
        java.util.Map.of());
  }

  @Test
  void routesByNameAreSwapped() throws Exception {
    Configs.Http http = new Configs.Http();
    http.routes = new RouteSource.Rds("r", Duration.ZERO);
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener());
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 404 ");
      assertThat(proxy.engine.hasRoutes("r")).isFalse();
      assertThat(proxy.engine.applyRoutes(saying("r", "one"))).isEmpty();
      assertThat(wire.roundTrip(GET)).endsWith("one");
      assertThat(proxy.engine.applyRoutes(saying("r", "two"))).isEmpty();
      assertThat(wire.roundTrip(GET)).endsWith("two");
      assertThat(proxy.engine.removeRoutes("r")).isTrue();
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void updateWithTheSameSocketDrainsOnlyItsOwnConnections() throws Exception {
    Configs.Http http = new Configs.Http();
    http.routes(Configs.route("/", new RouteAction.DirectResponse(200, "old")));
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener())) {
      int port = proxy.port();
      Configs.Http other = new Configs.Http();
      other.routes(Configs.route("/", new RouteAction.DirectResponse(200, "other")));
      ListenerConfig second = other.listener();
      int otherPort =
          proxy.bind(
              Configs.listener("second", 0, second.filterChains().getFirst().filters(), 99999));
      try (Wire old = Wire.connect(port);
          Wire untouched = Wire.connect(otherPort)) {
        assertThat(old.roundTrip(GET)).endsWith("old");
        assertThat(untouched.roundTrip(GET)).endsWith("other");
        http.routes(Configs.route("/", new RouteAction.DirectResponse(200, "new")));
        assertThat(proxy.bind(http.listener())).isEqualTo(port);
        assertThat(old.rest()).isEmpty();
        try (Wire fresh = Wire.connect(port)) {
          assertThat(fresh.roundTrip(GET)).endsWith("new");
        }
        assertThat(untouched.roundTrip(GET)).endsWith("other");
      }
    }
  }

  @Test
  void drainLetsRequestsEndAndClosesSockets() throws Exception {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              answer.join();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire idle = proxy.connect();
        Wire busy = proxy.connect()) {
      busy.send(GET);
      EngineUnderTest.await(() -> up.heads.size() == 1);
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 2);
      CompletableFuture<Void> drained =
          proxy.engine.drain(Duration.ofMillis(20), false).toCompletableFuture();
      assertThat(idle.rest()).isEmpty();
      assertThat(drained).isNotDone();
      answer.complete(null);
      assertThat(busy.response()).contains("connection: close\r\n").endsWith("x");
      drained.get(10, TimeUnit.SECONDS);
      Assertions.assertThatThrownBy(proxy::connect).isInstanceOf(IOException.class);
    }
  }

  @Test
  void portInUseIsToldAndNothingChanges() {
    try (EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      ListenerConfig taken =
          Configs.listener(
              "taken",
              proxy.port(),
              new Configs.Http().listener().filterChains().getFirst().filters(),
              4096);
      assertThat(proxy.engine.applyListener(taken).toCompletableFuture().join())
          .isInstanceOfSatisfying(
              ListenerResult.BindFailed.class,
              failed -> assertThat(failed.message()).contains("127.0.0.1:" + proxy.port()));
      assertThat(proxy.engine.listeners()).hasSize(1);
    }
  }

  @Test
  void removedListenerIsGone() throws Exception {
    try (EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      proxy.engine.removeListener("in").toCompletableFuture().get(10, TimeUnit.SECONDS);
      Assertions.assertThatThrownBy(proxy::connect).isInstanceOf(IOException.class);
      assertThat(proxy.engine.listeners()).isEmpty();
    }
  }

  @Test
  void servesOnEveryTransport() throws Exception {
    for (Transport transport : Transport.values()) {
      if (transport == Transport.IO_URING && !IoUring.isAvailable()) {
        // Kernels and containers often forbid it.
        assertThat(transport.unavailability()).isPresent();
        continue;
      }
      assertThat(transport.unavailability()).isEmpty();
      try (Upstream up = Upstream.answering("x");
          EngineUnderTest proxy =
              new EngineUnderTest(Engine.builder().concurrency(1).transport(transport))) {
        proxy.cluster(Configs.cluster("up", up.port()));
        proxy.bind(new Configs.Http().listener());
        assertThat(proxy.get("/")).endsWith("x");
      }
    }
  }
}
