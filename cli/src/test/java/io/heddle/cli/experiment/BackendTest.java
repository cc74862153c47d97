package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(50);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Backend callee = backend("callee", List.of());
  private final Backend backend =
      backend("own", List.of(new Backend.Call("/deep", "callee", "/callee")));
  private final HttpCaller caller = new HttpCaller(address(backend));

  private static Backend backend(String name, List<Backend.Call> calls) {
    try {
      return new Backend(new Backend.Setup(name, 2, Duration.ZERO, calls, LONG), 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InetSocketAddress address(Backend of) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), of.port());
  }

  @AfterEach
  void end() throws IOException {
    caller.close();
    backend.close();
    callee.close();
    threads.close();
  }

  private Outcome get(String path, Duration left) {
    return caller.get("own", path, Map.of(), left);
  }

  @Test
  void answersAndAsksOthersFirst() {
    backend.outbound(address(callee));
    assertThat(get("/", LONG)).isEqualTo(Outcome.OK);
    assertThat(callee.received()).isZero();
    assertThat(get("/deep", LONG)).isEqualTo(Outcome.OK);
    assertThat(callee.received()).isEqualTo(1);
    callee.plant(new Fault.Errors(1));
    assertThat(get("/deep", LONG)).isEqualTo(Outcome.FAILED);
    callee.plant(Fault.None.NONE);
    assertThat(get("/deep", LONG)).isEqualTo(Outcome.OK);
    assertThat(backend.received()).isEqualTo(4);
  }

  @Test
  void failsAsItIsTold() {
    backend.plant(Fault.Reset.RESET);
    assertThat(get("/", LONG)).isEqualTo(Outcome.BROKEN);
    backend.plant(Fault.Silent.SILENT);
    assertThat(get("/", SHORT)).isEqualTo(Outcome.LATE);
    backend.plant(new Fault.Slow(LONG));
    assertThat(get("/", SHORT)).isEqualTo(Outcome.LATE);
    backend.plant(new Fault.Errors(0));
    backend.forget();
    assertThat(get("/", LONG)).isEqualTo(Outcome.OK);
  }

  @Test
  void whoWaitsForAnotherHoldsAWorkerAndNobodyElseIsServed() throws Exception {
    backend.outbound(address(callee));
    callee.plant(Fault.Silent.SILENT);
    List<Future<Outcome>> held =
        List.of(threads.submit(() -> get("/deep", LONG)), threads.submit(() -> get("/deep", LONG)));
    await().atMost(LONG).until(() -> callee.busy() == 2);
    assertThat(get("/", SHORT)).isEqualTo(Outcome.LATE);
    assertThat(backend.busy()).isEqualTo(3);
    callee.forget();
    for (Future<Outcome> one : held) {
      assertThat(one.get()).isEqualTo(Outcome.FAILED);
    }
    await().atMost(LONG).until(() -> backend.busy() == 0);
    assertThat(get("/", LONG)).isEqualTo(Outcome.OK);
  }

  @Test
  void whatWasHeldUpGoesOnWhenTheFaultIsGone() throws Exception {
    backend.plant(new Fault.Slow(LONG));
    Future<Outcome> held = threads.submit(() -> get("/", LONG));
    await().atMost(LONG).until(() -> backend.busy() == 1);
    backend.plant(Fault.None.NONE);
    assertThat(held.get()).isEqualTo(Outcome.OK);
  }

  @Test
  void nobodyListensWhereItWas() throws IOException {
    backend.close();
    caller.close();
    assertThat(get("/", LONG)).isEqualTo(Outcome.BROKEN);
  }
}
