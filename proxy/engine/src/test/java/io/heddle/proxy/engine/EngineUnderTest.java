package io.heddle.proxy.engine;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** An engine with its listeners bound, for one test. */
final class EngineUnderTest implements AutoCloseable {
  final Engine engine;

  EngineUnderTest(EngineBuilder builder) {
    engine = builder.start();
  }

  static EngineUnderTest of(ListenerConfig listener, ClusterConfig... clusters) {
    EngineUnderTest under = new EngineUnderTest(Engine.builder().concurrency(2));
    for (ClusterConfig cluster : clusters) {
      under.cluster(cluster);
    }
    under.bind(listener);
    return under;
  }

  private int port;

  void cluster(ClusterConfig cluster) {
    if (!engine.applyCluster(cluster).equals(List.of())) {
      throw new AssertionError("refused");
    }
  }

  ListenerResult apply(ListenerConfig listener) {
    try {
      return engine.applyListener(listener).toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  int bind(ListenerConfig listener) {
    ListenerResult result = apply(listener);
    if (!(result instanceof ListenerResult.Serving serving)) {
      throw new AssertionError(result.toString());
    }
    port = serving.address().getPort();
    return port;
  }

  int port() {
    return port;
  }

  Wire connect() throws IOException {
    return Wire.connect(port);
  }

  /** A connection whose kernel takes little that is not read. */
  Wire connectSlow() throws IOException {
    return Wire.connect(port, 16 << 10);
  }

  /** One request on a connection of its own. */
  String get(String path) throws IOException {
    try (Wire wire = connect()) {
      return wire.roundTrip("GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n");
    }
  }

  long counter(String name) {
    return engine.stats().counter(name).orElse(0L);
  }

  long gauge(String name) {
    return engine.stats().gauge(name).orElse(0L);
  }

  /** Waits, at most ten seconds, for what other threads bring about. */
  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("did not come about");
      }
      LockSupport.parkNanos(500_000);
    }
  }

  /** Waits until a number that only grows is above zero and has stood still for a while. */
  static void awaitStandstill(LongSupplier number) {
    long[] last = {-1, 0};
    await(() -> {
      long now = number.getAsLong();
      if (now != last[0]) {
        last[0] = now;
        last[1] = System.nanoTime();
      }
      return now > 0 && System.nanoTime() - last[1] > 150_000_000L;
    });
  }

  @Override
  public void close() {
    engine.close();
  }
}
