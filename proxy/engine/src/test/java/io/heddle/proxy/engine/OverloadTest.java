package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.proxy.engine.overload.ConnectionLimits;
import io.heddle.xds.model.RouteAction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections find their limits, and their loops. */
class OverloadTest {
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
}
