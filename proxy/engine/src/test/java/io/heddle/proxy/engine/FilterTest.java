package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Every promise of the filter SPI, kept over sockets. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class FilterTest {
  static final HeaderName X = HeaderName.of("x-f");
  private static final HeaderName LENGTH = HeaderName.of("content-length");
  static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private static String post(String body) {
    return "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
  }

  /** Echoes bodies given by length. */
  static Upstream echo() {
    return new Upstream(wire -> {
      while (true) {
        String head = wire.head();
        if (head.isEmpty()) {
          return;
        }
        String body = "";
        if (head.contains("content-length: ")) {
          body = wire.read(Wire.length(head));
        } else if (head.contains("chunked")) {
          StringBuilder raw = new StringBuilder();
          while (!raw.toString().endsWith("0\r\n\r\n")) {
            raw.append(wire.read(1));
          }
          body = "chunks:" + raw.length();
        }
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
      }
    });
  }

  static EngineUnderTest with(
      Configs.Http http, List<TestFilter> filters, ClusterConfig... clusters) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(filters));
    for (ClusterConfig cluster : clusters) {
      proxy.cluster(cluster);
    }
    http.filters = filters.stream().map(filter -> Configs.extension(filter.name())).toList();
    proxy.bind(http.listener());
    return proxy;
  }

  @SafeVarargs
  static EngineUnderTest with(Upstream up, Function<HttpFilterContext, HttpFilter>... makers) {
    List<TestFilter> filters = new ArrayList<>();
    for (Function<HttpFilterContext, HttpFilter> maker : makers) {
      filters.add(new TestFilter("test.f" + filters.size(), maker));
    }
    return with(new Configs.Http(), filters, Configs.cluster("up", up.port()));
  }

  @Test
  void filtersRunInOrderAndInReverse() throws Exception {
    List<String> calls = new CopyOnWriteArrayList<>();
    CountDownLatch complete = new CountDownLatch(2);
    class Tracing implements HttpFilter {
      private final String name;

      Tracing(String name) {
        this.name = name;
      }

      @Override
      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
        calls.add("rq" + name + end);
        headers.add(X, name);
        return HeadersDecision.CONTINUE;
      }

      @Override
      public DataDecision onRequestData(ByteBuf data, boolean end) {
        calls.add("data" + name + end);
        return DataDecision.CONTINUE;
      }

      @Override
      public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean end) {
        calls.add("rs" + name + end);
        headers.set(X, name);
        return HeadersDecision.CONTINUE;
      }

      @Override
      public void onComplete(StreamInfo info) {
        assertThat(info.responseCode()).isEqualTo(200);
        assertThat(info.responseCodeDetails()).contains("via_upstream");
        complete.countDown();
      }
    }
    try (Upstream up = echo();
        EngineUnderTest proxy = with(up, _ -> new Tracing("1"), _ -> new Tracing("2"));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(post("abc"))).contains("x-f: 1\r\n").endsWith("abc");
      assertThat(complete.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(calls)
          .containsExactly(
              "rq1false", "rq2false", "data1true", "data2true", "rs2false", "rs1false");
    }
  }

  @Test
  void suspendedRequestPausesAndResumesFromAnotherThread() throws Exception {
    try (Upstream up = echo();
        EngineUnderTest proxy =
            with(
                up,
                context ->
                    new HttpFilter() {
                      @Override
                      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                        var _ =
                            Thread.ofVirtual()
                                .start(() -> context.execute(() -> context.request().resume()));
                        return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
                      }
                    });
        Wire wire = proxy.connect()) {
      for (int i = 0; i < 50; i++) {
        String body = "b".repeat(1 + i * 977);
        assertThat(wire.roundTrip(post(body))).endsWith("\r\n\r\n" + body);
        assertThat(wire.roundTrip(GET)).contains("content-length: 0\r\n");
      }
    }
  }

  @Test
  void gatheredRequestIsReplacedWithItsLengthCorrected() throws Exception {
    try (Upstream up = echo();
        EngineUnderTest proxy =
            with(
                up,
                context ->
                    new HttpFilter() {
                      @Override
                      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                        return end
                            ? HeadersDecision.CONTINUE
                            : new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
                      }

                      @Override
                      public DataDecision onRequestData(ByteBuf data, boolean end) {
                        if (!end) {
                          return DataDecision.BUFFER;
                        }
                        String all =
                            context
                                    .request()
                                    .buffered()
                                    .map(b -> b.toString(StandardCharsets.US_ASCII))
                                    .orElse("")
                                + data.toString(StandardCharsets.US_ASCII);
                        data.clear();
                        context
                            .request()
                            .replaceBuffered(
                                Unpooled.copiedBuffer("<" + all + ">", StandardCharsets.US_ASCII));
                        return DataDecision.CONTINUE;
                      }
                    });
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
      wire.send("2\r\nde\r\n0\r\n\r\n");
      assertThat(wire.response()).endsWith("\r\n\r\n<abcde>");
      assertThat(wire.roundTrip(post("xyz"))).endsWith("\r\n\r\n<xyz>");
    }
  }

  private static String line(Wire wire) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = wire.in.read(); c >= 0 && c != '\n'; c = wire.in.read()) {
      line.append((char) c);
    }
    return line.toString().strip();
  }

  /** Answers with what the chunks held, and the trailers after a bar. */
  private static Upstream unchunking() {
    return new Upstream(wire -> {
      while (!wire.head().isEmpty()) {
        StringBuilder body = new StringBuilder();
        for (int n = Integer.parseInt(line(wire), 16);
            n > 0;
            n = Integer.parseInt(line(wire), 16)) {
          body.append(wire.read(n));
          var _ = line(wire);
        }
        for (String trailer = line(wire); !trailer.isEmpty(); trailer = line(wire)) {
          body.append('|').append(trailer);
        }
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
      }
    });
  }

  /** Pauses at the headers until it may go on, and then gathers whatever body there is. */
  private record PausingThenGathering(HttpFilterContext context, Semaphore mayGoOn)
      implements HttpFilter {
    @Override
    public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
      var _ =
          Thread.ofVirtual()
              .start(() -> {
                mayGoOn.acquireUninterruptibly();
                context.execute(() -> context.request().resume());
              });
      return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
    }

    @Override
    public DataDecision onRequestData(ByteBuf data, boolean end) {
      return end ? DataDecision.CONTINUE : DataDecision.BUFFER;
    }
  }

  @Test
  void bodyPausedInPiecesIsGatheredToItsEnd() throws Exception {
    String head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    String pieces = "3\r\nabc\r\n2\r\nde\r\n";
    String more = "1\r\nf\r\n";
    Semaphore mayGoOn = new Semaphore(0);
    Configs.Http http = new Configs.Http();
    http.trailers = true;
    try (Upstream up = unchunking();
        EngineUnderTest proxy =
            with(
                http,
                List.of(
                    new TestFilter(
                        "test.f", context -> new PausingThenGathering(context, mayGoOn))),
                Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      long sent = 0;
      for (String end : List.of("0\r\n\r\n", "0\r\nx-t: 1\r\n\r\n")) {
        String expected = end.contains("x-t") ? "abcdef|x-t: 1" : "abcdef";
        // All of it lies there when the filter goes on,
        wire.send(head + pieces + more + end);
        sent += head.length() + pieces.length() + more.length() + end.length();
        received(proxy, sent);
        mayGoOn.release();
        assertThat(wire.response()).endsWith("\r\n\r\n" + expected);
        // or some, and the rest comes later,
        wire.send(head + pieces);
        sent += head.length() + pieces.length();
        received(proxy, sent);
        mayGoOn.release();
        wire.send(more + end);
        sent += more.length() + end.length();
        assertThat(wire.response()).endsWith("\r\n\r\n" + expected);
        // or none.
        wire.send(head);
        sent += head.length();
        received(proxy, sent);
        mayGoOn.release();
        wire.send(pieces + more + end);
        sent += pieces.length() + more.length() + end.length();
        assertThat(wire.response()).endsWith("\r\n\r\n" + expected);
      }
    }
  }

  private static void received(EngineUnderTest proxy, long bytes) {
    EngineUnderTest.await(() -> proxy.counter("http.in.downstream_cx_rx_bytes_total") == bytes);
  }

  @Test
  void gatheringOverTheLimitGives413And500() throws Exception {
    Configs.Http http = new Configs.Http();
    http.bufferLimit = 8192;
    TestFilter gather =
        new TestFilter(
            "test.gather",
            _ ->
                new HttpFilter() {
                  @Override
                  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                    return headers.contains(X)
                        ? HeadersDecision.CONTINUE
                        : new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
                  }

                  @Override
                  public DataDecision onRequestData(ByteBuf data, boolean end) {
                    return end ? DataDecision.CONTINUE : DataDecision.BUFFER;
                  }

                  @Override
                  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean end) {
                    return new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
                  }

                  @Override
                  public DataDecision onResponseData(ByteBuf data, boolean end) {
                    return end ? DataDecision.CONTINUE : DataDecision.BUFFER;
                  }
                });
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + "x".repeat(90000));
              var _ = wire.rest();
            });
        EngineUnderTest proxy = with(http, List.of(gather), Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n");
        wire.send("x".repeat(60000));
        assertThat(wire.response()).startsWith("HTTP/1.1 413 ");
      }
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\nx-f: 1\r\n\r\n"))
            .startsWith("HTTP/1.1 500 ");
      }
      assertThat(proxy.counter("http.in.downstream_rq_too_large")).isEqualTo(1);
      assertThat(proxy.counter("http.in.rs_too_large")).isEqualTo(1);
    }
  }

  @Test
  void consumedBodyIsReplacedByWhatIsInjected() throws Exception {
    try (Upstream up = echo();
        EngineUnderTest proxy =
            with(
                up,
                context ->
                    new HttpFilter() {
                      @Override
                      public HeadersDecision onResponseHeaders(
                          ResponseHeaders headers, boolean end) {
                        headers.remove(LENGTH);
                        return HeadersDecision.CONTINUE;
                      }

                      @Override
                      public DataDecision onResponseData(ByteBuf data, boolean end) {
                        ByteBuf twice = Unpooled.buffer();
                        twice.writeBytes(data.duplicate()).writeBytes(data.duplicate());
                        context.response().inject(twice, end);
                        return DataDecision.CONSUME;
                      }
                    });
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(post("abc")))
          .contains("transfer-encoding: chunked\r\n")
          .endsWith("\r\n\r\n6\r\nabcabc\r\n0\r\n\r\n");
    }
  }

  @Test
  void localReplyPassesFiltersAndMayBeChanged() throws Exception {
    try (Upstream up = echo();
        EngineUnderTest proxy =
            with(
                up,
                _ ->
                    new HttpFilter() {
                      @Override
                      public LocalReply onLocalReply(LocalReply reply) {
                        return LocalReply.of(418, reply.detail(), reply.body() + "!");
                      }

                      @Override
                      public HeadersDecision onResponseHeaders(
                          ResponseHeaders headers, boolean end) {
                        headers.set(X, "seen");
                        return HeadersDecision.CONTINUE;
                      }
                    },
                _ ->
                    new HttpFilter() {
                      @Override
                      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                        return new HeadersDecision.Reply(LocalReply.of(403, "not_you", "no"));
                      }
                    });
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET))
          .startsWith("HTTP/1.1 418 ")
          .contains("x-f: seen\r\n", "content-type: text/plain\r\n")
          .endsWith("\r\n\r\nno!");
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 418 ");
      assertThat(up.connections).hasValue(0);
    }
  }

  @Test
  void exceptionInAnyCallbackEndsOnlyItsExchange() throws Exception {
    try (Upstream up = echo();
        EngineUnderTest proxy =
            with(
                up,
                _ ->
                    new HttpFilter() {
                      @Override
                      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                        return fail(headers, "rq");
                      }

                      @Override
                      public DataDecision onRequestData(ByteBuf data, boolean end) {
                        if (data.toString(StandardCharsets.US_ASCII).equals("fail")) {
                          throw new IllegalStateException("as asked");
                        }
                        return DataDecision.CONTINUE;
                      }

                      private HeadersDecision fail(HeaderMap headers, String where) {
                        if (headers.valueEquals(X, where)) {
                          throw new IllegalStateException("as asked");
                        }
                        return HeadersDecision.CONTINUE;
                      }
                    });
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\nx-f: rq\r\n\r\n"))
          .startsWith("HTTP/1.1 500 ");
      assertThat(wire.roundTrip(post("fail"))).startsWith("HTTP/1.1 500 ");
      assertThat(wire.roundTrip(post("fine"))).endsWith("fine");
    }
  }

  @Test
  void callsAnotherServiceWhileSuspendedAndIsResetThere() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    List<ResetReason> resets = new CopyOnWriteArrayList<>();
    CountDownLatch complete = new CountDownLatch(2);
    class Calling implements HttpFilter {
      private final HttpFilterContext context;

      Calling(HttpFilterContext context) {
        this.context = context;
      }

      @Override
      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
        var _ =
            context
                .httpClient()
                .send(
                    new AsyncHttpClient.Request(
                        "side",
                        Map.of(
                            HeaderName.of(":method"), "POST",
                            HeaderName.of(":path"), headers.path(),
                            HeaderName.of(":authority"), "side"),
                        ByteString.copyFromUtf8("ask"),
                        Duration.ofSeconds(5),
                        100),
                    new AsyncHttpClient.ResponseHandler() {
                      @Override
                      public void onResponse(
                          ResponseHeaders response, ByteBuf body, Optional<HeaderMap> trailers) {
                        headers.set(X, body.toString(StandardCharsets.US_ASCII));
                        context.request().resume();
                      }

                      @Override
                      public void onFailure(AsyncHttpClient.Failure failure) {
                        context.reply(LocalReply.of(502, "side_" + failure, ""));
                      }
                    });
        return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
      }

      @Override
      public void onReset(ResetReason reason) {
        resets.add(reason);
      }

      @Override
      public void onComplete(StreamInfo info) {
        complete.countDown();
      }
    }
    try (Upstream up = Upstream.answering("main");
        Upstream side =
            new Upstream(wire -> {
              String head = wire.request();
              if (head != null && head.startsWith("POST /slow")) {
                asked.countDown();
                if (wire.in.read() < 0) {
                  cancelled.countDown();
                }
                return;
              }
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer");
            });
        EngineUnderTest proxy =
            with(
                new Configs.Http(),
                List.of(new TestFilter("test.calling", Calling::new)),
                Configs.cluster("up", up.port()),
                Configs.cluster("side", side.port()))) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).endsWith("main");
        assertThat(up.heads.getFirst()).contains("x-f: answer\r\n");
      }
      Wire wire = proxy.connect();
      wire.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      wire.close();
      assertThat(cancelled.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(complete.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(resets).containsExactly(ResetReason.DOWNSTREAM_GONE);
      EngineUnderTest.await(() -> proxy.gauge("cluster.side.upstream_rq_active") == 0);
    }
  }
}
