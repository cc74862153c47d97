package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.TcpProxyConfig;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What network filters are promised, over sockets. */
class NetworkFilterTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private record Kind(String name, Function<NetworkFilter.Connection, NetworkFilter> maker)
      implements NetworkFilterFactory {
    @Override
    public Set<String> typeUrls() {
      return Set.of("type.googleapis.com/" + name);
    }

    @Override
    public NetworkFilterConfig parse(Any config, FilterFactoryContext context) {
      return maker::apply;
    }
  }

  private static EngineUnderTest behind(
      Upstream up, boolean http, Function<NetworkFilter.Connection, NetworkFilter> maker) {
    EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .networkFilters(List.of(new Kind("test.network", maker))));
    proxy.cluster(Configs.cluster("up", up.port()));
    proxy.bind(
        Configs.listener(
            "in",
            0,
            List.of(
                Configs.extension("test.network"),
                http
                    ? new Configs.Http().listener().filterChains().getFirst().filters().getFirst()
                    : new TcpProxyConfig(
                        "tcp",
                        "t",
                        List.of(new TcpProxyConfig.WeightedTarget("up", 1)),
                        Duration.ofHours(1),
                        1,
                        List.of())),
            1 << 20));
    return proxy;
  }

  private static String text(ByteBuf data) {
    return data.toString(StandardCharsets.US_ASCII);
  }

  @Test
  void bytesThatCameWhileItWasSuspendedAreShownToTheFilterInOrder() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    CountDownLatch suspended = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            behind(
                up,
                true,
                connection ->
                    new NetworkFilter() {
                      @Override
                      public NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
                        seen.add(text(data));
                        if (seen.size() > 1) {
                          return NetworkDecision.CONTINUE;
                        }
                        suspended.countDown();
                        resumeWhenSent(connection);
                        return NetworkDecision.SUSPEND;
                      }

                      private void resumeWhenSent(NetworkFilter.Connection on) {
                        var _ =
                            on.schedule(
                                Duration.ofMillis(2),
                                () -> {
                                  if (sent.getCount() == 0) {
                                    on.resume();
                                  } else {
                                    resumeWhenSent(on);
                                  }
                                });
                      }
                    });
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\n");
      assertThat(suspended.await(10, TimeUnit.SECONDS)).isTrue();
      wire.send("host: a\r\n\r\n");
      sent.countDown();
      assertThat(wire.response()).endsWith("x");
      assertThat(String.join("", seen)).isEqualTo(GET);
      assertThat(seen).hasSizeGreaterThan(1);
    }
  }

  @Test
  void outputIsHeldWithTheCloseBehindItAndGoesOnWhenResumed() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            behind(
                up,
                true,
                connection ->
                    new NetworkFilter() {
                      private boolean held;

                      @Override
                      public NetworkDecision onWrite(ByteBuf data, boolean endOfOutput) {
                        seen.add(text(data));
                        if (held) {
                          return NetworkDecision.CONTINUE;
                        }
                        held = true;
                        var _ =
                            connection.schedule(
                                Duration.ofMillis(30),
                                () -> {
                                  seen.add("resumed");
                                  connection.resume();
                                });
                        return NetworkDecision.SUSPEND;
                      }
                    });
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      assertThat(wire.rest()).startsWith("HTTP/1.1 200 ").endsWith("x");
      assertThat(seen.get(0)).startsWith("HTTP/1.1 200 ");
      assertThat(seen.get(1)).isEqualTo("resumed");
    }
  }

  @Test
  void theEndOfTheOutputIsSeenAndFollowsWhatIsHeld() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (Upstream up =
            new Upstream(wire -> {
              wire.send("bye");
              wire.socket.shutdownOutput();
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            behind(
                up,
                false,
                connection ->
                    new NetworkFilter() {
                      @Override
                      public NetworkDecision onWrite(ByteBuf data, boolean endOfOutput) {
                        seen.add(text(data) + endOfOutput);
                        if (seen.size() > 1) {
                          return NetworkDecision.CONTINUE;
                        }
                        var _ = connection.schedule(Duration.ofMillis(30), connection::resume);
                        return NetworkDecision.SUSPEND;
                      }
                    });
        Wire wire = proxy.connect()) {
      assertThat(wire.rest()).isEqualTo("bye");
      assertThat(seen).containsExactly("byefalse", "true");
    }
  }

  @Test
  void resumingReadsNothingThatTheProxyBehindDoesNotWant() throws Exception {
    AtomicLong seen = new AtomicLong();
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch quiet = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    int piece = 64 << 10;
    try (Upstream up =
            new Upstream(wire -> {
              reading.countDown();
              try {
                var _ = goOn.await(20, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            behind(
                up,
                false,
                connection -> {
                  HttpFilterContext.Timer nothing = () -> {};
                  return new NetworkFilter() {
                    private HttpFilterContext.Timer silence = nothing;
                    private int reads;

                    @Override
                    public NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
                      seen.addAndGet(data.readableBytes());
                      silence.cancel();
                      silence = connection.schedule(Duration.ofMillis(100), quiet::countDown);
                      if (++reads % 2 == 1) {
                        return NetworkDecision.CONTINUE;
                      }
                      var _ = connection.schedule(Duration.ofMillis(1), connection::resume);
                      return NetworkDecision.SUSPEND;
                    }
                  };
                });
        Wire wire = proxy.connect()) {
      assertThat(reading.await(10, TimeUnit.SECONDS)).isTrue();
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 1024; i++) {
                    wire.out.write(new byte[piece]);
                  }
                  wire.socket.shutdownOutput();
                } catch (IOException closed) {
                  seen.set(-1);
                }
              });
      // 64 MiB are sent and nobody takes them: reading stops long before.
      assertThat(quiet.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(seen).hasValueLessThan(32L << 20);
      goOn.countDown();
      sender.join();
      EngineUnderTest.await(() -> seen.get() == 1024L * piece);
    }
  }

  @Test
  void aConnectionCanAskAnotherServiceBeforeItGoesOn() throws Exception {
    try (Upstream up = Upstream.answering("allowed");
        EngineUnderTest proxy =
            behind(
                up,
                true,
                connection ->
                    new NetworkFilter() {
                      @Override
                      public NetworkDecision onConnected() {
                        var _ =
                            connection
                                .httpClient()
                                .send(
                                    new AsyncHttpClient.Request(
                                        "up",
                                        Map.of(
                                            HeaderName.of(":method"), "GET",
                                            HeaderName.of(":path"), "/may-it",
                                            HeaderName.of(":authority"), "up"),
                                        ByteString.EMPTY,
                                        Duration.ofSeconds(5),
                                        100),
                                    new AsyncHttpClient.ResponseHandler() {
                                      @Override
                                      public void onResponse(
                                          ResponseHeaders headers,
                                          ByteBuf body,
                                          Optional<HeaderMap> trailers) {
                                        if (text(body).equals("allowed")) {
                                          connection.resume();
                                        } else {
                                          connection.close();
                                        }
                                      }

                                      @Override
                                      public void onFailure(AsyncHttpClient.Failure failure) {
                                        connection.close();
                                      }
                                    });
                        return NetworkDecision.SUSPEND;
                      }
                    })) {
      assertThat(proxy.get("/")).endsWith("allowed");
      assertThat(up.heads.getFirst()).startsWith("GET /may-it ");
      assertThat(up.heads.get(1)).startsWith("GET / ");
    }
  }
}
