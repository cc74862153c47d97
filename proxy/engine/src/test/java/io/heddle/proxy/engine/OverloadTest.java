package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.proxy.engine.overload.ConnectionLimits;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.OverloadConfig.Action;
import io.heddle.xds.model.OverloadConfig.Monitor;
import io.heddle.xds.model.OverloadConfig.Rule;
import io.heddle.xds.model.OverloadConfig.Trigger;
import io.heddle.xds.model.RouteAction;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections find their limits, and their loops. */
class OverloadTest {
  @TempDir Path folder;

  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private static Configs.Http saying(String text) {
    return new Configs.Http().routes(Configs.route("/", new RouteAction.DirectResponse(200, text)));
  }

  private static boolean admitted(Wire wire) {
    try {
      wire.send(GET);
      return wire.response().startsWith("HTTP/1.1 200 ");
    } catch (IOException refused) {
      return false;
    }
  }

  private static boolean ended(Wire wire) {
    try {
      return wire.in.read() < 0;
    } catch (IOException reset) {
      return true;
    }
  }

  @Test
  void oneConnectionMoreThanTheLimitIsClosedAndCounted() throws Exception {
    try (EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).limits(new ConnectionLimits(2, 100)))) {
      int port = proxy.bind(saying("x").listener());
      try (Wire one = Wire.connect(port);
          Wire two = Wire.connect(port)) {
        assertThat(admitted(one)).isTrue();
        assertThat(admitted(two)).isTrue();
        try (Wire three = Wire.connect(port)) {
          assertThat(admitted(three)).isFalse();
        }
        assertThat(proxy.counter("listener_manager.downstream_cx_overflow")).isEqualTo(1);
      }
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
      try (Wire again = Wire.connect(port)) {
        assertThat(admitted(again)).isTrue();
      }
    }
  }

  @Test
  void theLimitOfTheProcessHoldsOverAllListeners() throws Exception {
    try (EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).limits(new ConnectionLimits(100, 1)))) {
      int port = proxy.bind(saying("x").listener());
      try (Wire one = Wire.connect(port)) {
        assertThat(admitted(one)).isTrue();
        try (Wire two = Wire.connect(port)) {
          assertThat(admitted(two)).isFalse();
        }
        assertThat(proxy.counter("listener_manager.downstream_global_cx_overflow")).isEqualTo(1);
      }
    }
  }

  @Test
  void theRuntimeSaysTheLimitOfAListener() throws Exception {
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      int port = proxy.bind(saying("x").listener());
      proxy
          .engine
          .runtime()
          .modify(0, java.util.Map.of("envoy.resource_limits.listener.in.connection_limit", "1"));
      try (Wire one = Wire.connect(port)) {
        assertThat(admitted(one)).isTrue();
        try (Wire two = Wire.connect(port)) {
          assertThat(admitted(two)).isFalse();
        }
      }
    }
  }

  @Test
  void fourConnectionsAreOneOnEachOfFourLoops() throws Exception {
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(4))) {
      int port = proxy.bind(saying("x").listener());
      List<Wire> wires = new ArrayList<>();
      try {
        for (int i = 0; i < 4; i++) {
          Wire wire = Wire.connect(port);
          wires.add(wire);
          assertThat(admitted(wire)).isTrue();
        }
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(1, 1, 1, 1);
        // The one that goes is replaced where it was.
        wires.get(2).close();
        EngineUnderTest.await(() -> proxy.engine.activeConnections() == 3);
        Wire next = Wire.connect(port);
        wires.add(next);
        assertThat(admitted(next)).isTrue();
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(1, 1, 1, 1);
      } finally {
        for (Wire wire : wires) {
          wire.close();
        }
      }
    }
  }

  private OverloadConfig injected(Path file, Action action, double from, double full) {
    return new OverloadConfig(
        Duration.ofMillis(10),
        List.of(new Monitor.InjectedResource("it", file.toString())),
        List.of(new Rule(action, List.of(new Trigger("it", from, full)))),
        1 << 16);
  }

  @Test
  void aListenerThatStopsLeavesConnectionsToTheKernelAndServesThemLater() throws Exception {
    Path file = Files.writeString(folder.resolve("pressure"), "0");
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .overload(injected(file, Action.STOP_ACCEPTING_CONNECTIONS, 0.5, 0.5)))) {
      int port = proxy.bind(saying("x").listener());
      try (Wire before = Wire.connect(port)) {
        assertThat(admitted(before)).isTrue();
        Files.writeString(file, "0.9");
        EngineUnderTest.await(() ->
            proxy.gauge("overload.envoy.overload_actions.stop_accepting_connections.active") == 1);
        // The system may already have been asked for the next one.
        try (Wire last = Wire.connect(port);
            Wire waiting = Wire.connect(port)) {
          waiting.send(GET);
          // Whoever was in is served.
          assertThat(admitted(before)).isTrue();
          assertThat(proxy.engine.activeConnections()).isLessThanOrEqualTo(2);
          Files.writeString(file, "0.1");
          assertThat(waiting.response()).startsWith("HTTP/1.1 200 ");
          assertThat(admitted(last)).isTrue();
        }
      }
    }
  }

  @Test
  void requestsAreRefusedAndConnectionsEndAsSaid() throws Exception {
    Path file = Files.writeString(folder.resolve("pressure"), "1");
    OverloadConfig both =
        new OverloadConfig(
            Duration.ofMillis(10),
            List.of(new Monitor.InjectedResource("it", file.toString())),
            List.of(
                new Rule(Action.STOP_ACCEPTING_REQUESTS, List.of(new Trigger("it", 1, 1))),
                new Rule(Action.DISABLE_HTTP_KEEPALIVE, List.of(new Trigger("it", 0.5, 0.5)))),
            1 << 16);
    try (EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).overload(both))) {
      int port = proxy.bind(saying("x").listener());
      EngineUnderTest.await(
          () -> proxy.gauge("overload.envoy.overload_actions.stop_accepting_requests.active") == 1);
      try (Wire wire = Wire.connect(port)) {
        wire.send(GET);
        assertThat(wire.response()).startsWith("HTTP/1.1 503 ").contains("connection: close");
      }
      assertThat(proxy.counter("http.in.downstream_rq_overload_close")).isEqualTo(1);
      Files.writeString(file, "0.6");
      EngineUnderTest.await(
          () -> proxy.gauge("overload.envoy.overload_actions.stop_accepting_requests.active") == 0);
      try (Wire wire = Wire.connect(port)) {
        wire.send(GET);
        assertThat(wire.response()).startsWith("HTTP/1.1 200 ").contains("connection: close");
      }
    }
  }

  @Test
  void theStreamThatHoldsMostIsEndedAndTheOthersGoOn() throws Exception {
    Path file = Files.writeString(folder.resolve("pressure"), "0");
    TestFilter gathering =
        new TestFilter(
            "test.gather",
            context ->
                new HttpFilter() {
                  @Override
                  public HeadersDecision onRequestHeaders(RequestHeaders head, boolean end) {
                    return end
                        ? HeadersDecision.CONTINUE
                        : new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
                  }

                  @Override
                  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
                    return endStream ? DataDecision.CONTINUE : DataDecision.BUFFER;
                  }
                });
    Configs.Http http = saying("x");
    http.filters = List.of(Configs.extension("test.gather"));
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .httpFilters(List.of(gathering))
                .overload(injected(file, Action.RESET_HIGH_MEMORY_STREAM, 0.5, 1)))) {
      int port = proxy.bind(http.listener());
      try (Wire heavy = Wire.connect(port);
          Wire light = Wire.connect(port)) {
        String post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n";
        heavy.send(post + "x".repeat(500_000));
        light.send(post + "x".repeat(1_000));
        EngineUnderTest.await(() -> proxy.engine.activeConnections() == 2);
        Files.writeString(file, "1");
        assertThat(ended(heavy)).isTrue();
        EngineUnderTest.await(() ->
            proxy.counter("overload.envoy.overload_actions.reset_high_memory_stream.count") == 1);
        Files.writeString(file, "0");
        EngineUnderTest.await(() ->
            proxy.gauge("overload.envoy.overload_actions.reset_high_memory_stream.active") == 0);
        light.send("x".repeat(999_000));
        assertThat(light.response()).startsWith("HTTP/1.1 200 ");
      }
    }
  }
}
