package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.DrainPlan.Listening;
import io.heddle.proxy.engine.DrainPlan.Strategy;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.RouteAction;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Connections come to their end slowly, on a clock that the test moves. */
class DrainTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final Duration OVER = Duration.ofSeconds(100);

  private final AtomicLong now = new AtomicLong(1);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  /** What a loop arms late it must find due later still. */
  private void awaitWhileTimePasses(java.util.function.BooleanSupplier condition) {
    EngineUnderTest.await(() -> {
      pass(Duration.ofMillis(5));
      return condition.getAsBoolean();
    });
  }

  private EngineUnderTest proxy(DrainPlan changes) {
    return new EngineUnderTest(Engine.builder().concurrency(2).nanoTime(now::get).drain(changes));
  }

  private static Configs.Http saying(String text) {
    Configs.Http http = new Configs.Http();

    return http.routes(Configs.route("/", new RouteAction.DirectResponse(200, text)));
  }

  private static boolean close(Wire wire) throws IOException {
    return wire.roundTrip(GET).contains("connection: close\r\n");
  }

  private static List<Wire> connected(int count, int port) throws IOException {
    List<Wire> wires = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Wire wire = Wire.connect(port);
      assertThat(close(wire)).isFalse();
      wires.add(wire);
    }
    return wires;
  }

  @Test
  void responsesEndMoreConnectionsTheOlderTheDrainIs() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.over(OVER))) {
      int port = proxy.bind(saying("old").listener());
      List<Wire> wires = connected(60, port);
      proxy.bind(saying("new").listener());
      int early = 0;
      pass(Duration.ofSeconds(10));
      List<Wire> left = new ArrayList<>();
      for (Wire wire : wires) {
        if (close(wire)) {
          early++;
          assertThat(wire.rest()).isEmpty();
        } else {
          left.add(wire);
        }
      }
      // A tenth of the time has passed: 6 of 60 are expected, and more than 25 will not be.
      assertThat(early).isLessThan(26);
      pass(Duration.ofSeconds(80));
      int late = 0;
      for (Wire wire : left) {
        late += close(wire) ? 1 : 0;
      }
      assertThat(late).isGreaterThan(left.size() / 2);
      try (Wire fresh = Wire.connect(port)) {
        assertThat(fresh.roundTrip(GET)).endsWith("new");
        assertThat(close(fresh)).isFalse();
      }
    }
  }

  @Test
  void idleConnectionsLiveUntilTheTimeIsOver() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.over(OVER))) {
      int port = proxy.bind(saying("old").listener());
      List<Wire> wires = connected(4, port);
      proxy.bind(saying("new").listener());
      pass(Duration.ofSeconds(99));
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 4);
      pass(Duration.ofSeconds(2));
      awaitWhileTimePasses(() -> proxy.engine.activeConnections() == 0);
      for (Wire wire : wires) {
        assertThat(wire.rest()).isEmpty();
      }
      assertThat(proxy.counter("http.in.downstream_cx_drain_close")).isEqualTo(4);
    }
  }

  @Test
  void immediateEndsEveryConnectionWithItsNextResponse() throws Exception {
    DrainPlan plan = DrainPlan.over(OVER).strategy(Strategy.IMMEDIATE);
    try (EngineUnderTest proxy = proxy(plan)) {
      int port = proxy.bind(saying("old").listener());
      List<Wire> wires = connected(5, port);
      proxy.bind(saying("new").listener());
      for (Wire wire : wires) {
        assertThat(close(wire)).isTrue();
        assertThat(wire.rest()).isEmpty();
      }
    }
  }

  @Test
  void whatIsUnderWayIsCutOffAfterTheGrace() throws Exception {
    DrainPlan plan =
        DrainPlan.over(Duration.ofSeconds(4)).graces(Duration.ofSeconds(5), Duration.ofSeconds(8));
    CompletableFuture<Void> answer = new CompletableFuture<>();
    Configs.Http http = new Configs.Http();
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              answer.join();
            });
        EngineUnderTest proxy = proxy(plan)) {
      proxy.cluster(Configs.cluster("up", up.port()));
      int port = proxy.bind(http.listener());
      try (Wire busy = Wire.connect(port)) {
        busy.send(GET);
        EngineUnderTest.await(() -> up.heads.size() == 1);
        http.timeouts = timeoutsChanged();
        proxy.bind(http.listener());
        pass(Duration.ofSeconds(5));
        // Another connection shows that this time was looked at.
        try (Wire other = Wire.connect(port)) {
          other.send("GET / HTTP/1.0\r\n\r\n");
          var _ = other.response();
        }
        assertThat(proxy.engine.activeConnections()).isPositive();
        assertThat(proxy.counter("listener.127.0.0.1_" + port + ".downstream_cx_drain_cut"))
            .isZero();
        pass(Duration.ofSeconds(5));
        awaitWhileTimePasses(
            () -> proxy.counter("listener.127.0.0.1_" + port + ".downstream_cx_drain_cut") == 1);
        assertThat(busy.rest()).isEmpty();
      } finally {
        answer.complete(null);
      }
    }
  }

  private static HttpConnectionManagerConfig.Timeouts timeoutsChanged() {
    return new HttpConnectionManagerConfig.Timeouts(
        Duration.ZERO,
        Duration.ZERO,
        Duration.ofMinutes(6),
        Duration.ofHours(1),
        Duration.ZERO,
        Duration.ZERO,
        Duration.ofSeconds(1),
        Duration.ofSeconds(5));
  }

  @Test
  void aShorterDrainOvertakesALongerOne() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.over(Duration.ofHours(1)))) {
      int port = proxy.bind(saying("old").listener());
      List<Wire> wires = connected(1, port);
      proxy.bind(saying("new").listener());
      CompletableFuture<Void> drained =
          proxy.engine.drain(DrainPlan.over(Duration.ofSeconds(5)), false).toCompletableFuture();
      pass(Duration.ofSeconds(6));
      awaitWhileTimePasses(() -> proxy.engine.activeConnections() == 0);
      assertThat(wires.getFirst().rest()).isEmpty();
      drained.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aGracefulDrainTakesConnectionsUntilItsTimeIsOver() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      int port = proxy.bind(saying("x").listener());
      CompletableFuture<Void> drained =
          proxy
              .engine
              .drain(DrainPlan.over(OVER).listening(Listening.CLOSE_LAST), false)
              .toCompletableFuture();
      pass(Duration.ofSeconds(1));
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(proxy.engine.listeners().getFirst().draining()).isTrue();
      pass(OVER);
      awaitWhileTimePasses(drained::isDone);
      drained.get(10, TimeUnit.SECONDS);
      Assertions.assertThatThrownBy(() -> Wire.connect(port)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void failedHealthEndsConnectionsAndHealthKeepsThem() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      int port = proxy.bind(saying("x").listener());
      try (Wire wire = Wire.connect(port);
          Wire other = Wire.connect(port)) {
        assertThat(close(wire)).isFalse();
        proxy.engine.failHealth(true);
        assertThat(close(wire)).isTrue();
        assertThat(wire.rest()).isEmpty();
        proxy.engine.failHealth(false);
        assertThat(close(other)).isFalse();
      }
    }
  }

  @Test
  void overHttp2AResponseBeginsTheEndAndAMomentLaterTheLastStreamIsSaid() throws Exception {
    DrainPlan plan = DrainPlan.over(OVER).strategy(Strategy.IMMEDIATE);
    try (EngineUnderTest proxy = proxy(plan)) {
      int port = proxy.bind(saying("old").listener());
      try (Http2Peer client = new Http2Peer(port, Http2Settings.defaultSettings())) {
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        assertThat(client.goAways).isEmpty();
        proxy.bind(saying("new").listener());
        // It takes a response, and nothing else does it before the time is over.
        pass(Duration.ofSeconds(1));
        Http2Peer.Stream stream = client.get("/");
        assertThat(stream.next()).startsWith("headers :status=200");
        assertThat(stream.next()).isEqualTo("data old end");
        assertThat(client.goAways.poll(10, TimeUnit.SECONDS))
            .isEqualTo(Integer.MAX_VALUE + " NO_ERROR");
        // What was on its way is served.
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        awaitWhileTimePasses(() -> !client.goAways.isEmpty());
        assertThat(client.goAways.poll()).isEqualTo("7 NO_ERROR");
        awaitWhileTimePasses(() -> !client.channel.isActive());
        assertThat(proxy.counter("http.in.downstream_cx_drain_close")).isEqualTo(1);
      }
    }
  }

  @Test
  void anHttp2ConnectionEndsAtItsMaximumAge() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      Configs.Http http = saying("x");
      http.timeouts =
          new HttpConnectionManagerConfig.Timeouts(
              Duration.ZERO,
              Duration.ZERO,
              Duration.ofMinutes(5),
              Duration.ofHours(1),
              Duration.ofSeconds(30),
              Duration.ZERO,
              Duration.ofSeconds(1),
              Duration.ofSeconds(5));
      int port = proxy.bind(http.listener());
      try (Http2Peer client = new Http2Peer(port, Http2Settings.defaultSettings())) {
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        pass(Duration.ofSeconds(29));
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        assertThat(client.goAways).isEmpty();
        pass(Duration.ofSeconds(2));
        awaitWhileTimePasses(() -> !client.goAways.isEmpty());
        assertThat(client.goAways.poll()).isEqualTo(Integer.MAX_VALUE + " NO_ERROR");
        awaitWhileTimePasses(() -> !client.channel.isActive());
        assertThat(client.goAways.poll()).isEqualTo("5 NO_ERROR");
        assertThat(proxy.counter("http.in.downstream_cx_max_duration_reached")).isEqualTo(1);
      }
    }
  }

  /** Connections live for 30 s, and then until the drain timeout is over. */
  private static Configs.Http aging(Duration drain) {
    Configs.Http http = saying("x");
    http.timeouts =
        new HttpConnectionManagerConfig.Timeouts(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ofSeconds(1),
            drain);
    return http;
  }

  @Test
  void betweenTheTwoGoAwaysIsTheDrainTimeout() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      int port = proxy.bind(aging(Duration.ofHours(1)).listener());
      try (Http2Peer client = new Http2Peer(port, Http2Settings.defaultSettings())) {
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        pass(Duration.ofSeconds(31));
        awaitWhileTimePasses(() -> !client.goAways.isEmpty());
        assertThat(client.goAways.poll()).isEqualTo(Integer.MAX_VALUE + " NO_ERROR");
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        pass(Duration.ofMinutes(50));
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        assertThat(client.goAways).isEmpty();
        pass(Duration.ofMinutes(11));
        awaitWhileTimePasses(() -> !client.goAways.isEmpty());
        assertThat(client.goAways.poll()).isEqualTo("7 NO_ERROR");
      }
    }
  }

  @Test
  void anOldHttp1ConnectionServesOneMoreRequestWithinTheDrainTimeout() throws Exception {
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      int port = proxy.bind(aging(Duration.ofHours(1)).listener());
      try (Wire used = Wire.connect(port);
          Wire unused = Wire.connect(port)) {
        assertThat(close(used)).isFalse();
        assertThat(close(unused)).isFalse();
        pass(Duration.ofSeconds(31));
        awaitWhileTimePasses(
            () -> proxy.counter("http.in.downstream_cx_max_duration_reached") == 2);
        assertThat(close(used)).isTrue();
        assertThat(used.rest()).isEmpty();
        used.socket.close();
        EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_active") == 1);
        EngineUnderTest.await(() -> {
          pass(Duration.ofMinutes(10));
          return proxy.gauge("http.in.downstream_cx_active") == 0;
        });
        assertThat(unused.rest()).isEmpty();
      }
    }
  }

  @Test
  void aDrainThatCutsOffWaitsNoLongerThanIsLeft() throws Exception {
    Duration hour = Duration.ofHours(1);
    try (EngineUnderTest proxy = proxy(DrainPlan.AT_ONCE)) {
      int port = proxy.bind(aging(hour).listener());
      try (Http2Peer client = new Http2Peer(port, Http2Settings.defaultSettings())) {
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        var drained =
            proxy
                .engine
                .drain(DrainPlan.AT_ONCE.graces(Duration.ofSeconds(1), Duration.ZERO), false)
                .toCompletableFuture();
        awaitWhileTimePasses(() -> client.goAways.size() == 2);
        awaitWhileTimePasses(drained::isDone);
        assertThat(proxy.counter("listener.127.0.0.1_" + port + ".downstream_cx_drain_cut"))
            .isZero();
      }
    }
  }

  @Test
  void aDrainUnderHttp2LoadLosesNothing() throws Exception {
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder().concurrency(2).drain(DrainPlan.over(Duration.ofSeconds(2))))) {
      int port = proxy.bind(saying("old").listener());
      AtomicBoolean stop = new AtomicBoolean();
      List<CompletableFuture<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(
            CompletableFuture.supplyAsync(
                () -> load(port, stop), task -> Thread.ofPlatform().start(task)));
      }
      for (int i = 0; i < 3; i++) {
        EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_http2_active") >= 4);
        long before = proxy.counter("http.in.downstream_cx_drain_close");
        proxy.bind(saying("new " + i).listener());
        EngineUnderTest.await(() -> proxy.counter("http.in.downstream_cx_drain_close") > before);
      }
      stop.set(true);
      for (CompletableFuture<Integer> client : clients) {
        assertThat(client.get(30, TimeUnit.SECONDS)).isPositive();
      }
    }
  }

  /** Requests one after another, on a new connection where one says goodbye; how many. */
  private static int load(int port, AtomicBoolean stop) {
    int answered = 0;
    try {
      while (!stop.get()) {
        try (Http2Peer client = new Http2Peer(port, Http2Settings.defaultSettings())) {
          while (!stop.get() && client.goAways.isEmpty()) {
            Http2Peer.Stream stream = client.get("/");
            assertThat(stream.next()).startsWith("headers :status=200");
            assertThat(stream.next()).startsWith("data ").endsWith(" end");
            answered++;
          }
        }
      }
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return answered;
  }
}
