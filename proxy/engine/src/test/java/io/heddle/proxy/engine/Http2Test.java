package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** HTTP/2 on either side and on both. */
// The line ends matter; what is written is looked at where it arrives.
@SuppressWarnings({"StringConcatToTextBlock", "FutureReturnValueIgnored"})
class Http2Test {
  private static ClusterConfig http2(int port) {
    return Configs.cluster("up", port).toBuilder().protocol(UpstreamProtocol.HTTP2).build();
  }

  private static EngineUnderTest proxy(ClusterConfig cluster) {
    return EngineUnderTest.of(new Configs.Http().listener(), cluster);
  }

  /** A server whose streams the test answers itself. */
  private static final class Backend implements AutoCloseable {
    final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    final Http2Peer peer;

    Backend() {
      this(false);
    }

    Backend(boolean counting) {
      peer = new Http2Peer(streams::add, counting);
    }

    Stream next() throws InterruptedException {
      Stream stream = streams.poll(10, TimeUnit.SECONDS);
      if (stream == null) {
        throw new AssertionError("no request came");
      }
      return stream;
    }

    @Override
    public void close() {
      peer.close();
    }
  }

  @Test
  void http2ToHttp1() throws Exception {
    try (Upstream up = Upstream.answering("hello");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream stream = client.open();
      stream.headers(
          true, Http2Peer.request("GET", "/p?q", "cookie", "a=1", "x", "y", "cookie", "b=2"));
      assertThat(stream.next()).startsWith("headers :status=200 ").contains(" server=envoy");
      assertThat(stream.next()).isEqualTo("data hello end");
      assertThat(up.heads.getFirst())
          .startsWith("GET /p?q HTTP/1.1\r\nhost: a\r\n")
          .contains("x: y\r\n", "cookie: a=1; b=2\r\n");
      assertThat(proxy.counter("http.in.downstream_cx_http2_total")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_rq_http2_total")).isEqualTo(1);
    }
  }

  @Test
  void aClientCannotClaimToHaveComeOverTls() throws Exception {
    try (Upstream up = Upstream.answering("hello");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream stream = client.open();
      stream.headers(true, ":method", "GET", ":path", "/", ":scheme", "https", ":authority", "a");
      assertThat(stream.next()).startsWith("headers :status=200 ");
      assertThat(up.heads.getFirst()).contains("x-forwarded-proto: http\r\n");
    }
  }

  @Test
  void anExpectationThatNobodyKnowsIsRefused() throws Exception {
    try (Upstream up = Upstream.answering("hello");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      for (String[] expect : new String[][] {{"wonders"}, {"100-continue", "100-continue"}, {""}}) {
        List<String> fields = new ArrayList<>();
        for (String value : expect) {
          fields.add("expect");
          fields.add(value);
        }
        Stream stream = client.open();
        stream.headers(true, Http2Peer.request("GET", "/", fields.toArray(String[]::new)));
        assertThat(stream.next()).startsWith("headers :status=417 ");
      }
      assertThat(up.heads).isEmpty();
    }
  }

  @Test
  void http1ToHttp2WithABody() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST /p HTTP/1.1\r\nhost: a\r\nte: trailers\r\ncontent-length: 3\r\n\r\nabc");
      Stream stream = up.next();
      assertThat(stream.next())
          .startsWith("headers :method=POST :path=/p :scheme=http :authority=a")
          .contains("content-length=3", "te=trailers")
          .doesNotContain("connection", " end");
      assertThat(stream.next()).isEqualTo("data abc end");
      stream.headers(false, ":status", "103", "link", "x");
      stream.headers(false, ":status", "201", "content-length", "2").data("ok", true);
      assertThat(wire.head()).startsWith("HTTP/1.1 103 ");
      assertThat(wire.response()).startsWith("HTTP/1.1 201 ").endsWith("\r\n\r\nok");
      assertThat(proxy.counter("cluster.up.upstream_cx_http2_total")).isEqualTo(1);
    }
  }

  @Test
  void streamsInBothDirectionsAtOnceAndEndsWithTrailers() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.open();
      here.headers(
          false,
          Http2Peer.request(
              "POST", "/s.S/M", "te", "trailers", "content-type", "application/grpc"));
      Stream there = up.next();
      assertThat(there.next()).contains(":path=/s.S/M", "te=trailers");
      there.headers(false, ":status", "200", "content-type", "application/grpc");
      assertThat(here.next()).startsWith("headers :status=200");
      for (int i = 0; i < 20; i++) {
        here.data("to" + i, false);
        assertThat(there.next()).isEqualTo("data to" + i);
        there.data("from" + i, false);
        assertThat(here.next()).isEqualTo("data from" + i);
      }
      here.headers(true, "last", "one");
      assertThat(there.next()).isEqualTo("headers last=one end");
      there.headers(true, "grpc-status", "0", "grpc-message", "fine");
      assertThat(here.next()).isEqualTo("headers grpc-status=0 grpc-message=fine end");
      assertThat(proxy.counter("http.in.downstream_rq_2xx")).isEqualTo(1);
    }
  }

  @Test
  void manyStreamsShareOneConnectionAndNoneWaitsForAnother() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      List<Stream> here = new ArrayList<>();
      List<Stream> there = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        here.add(client.get("/" + i));
        there.add(up.next());
      }
      for (int i = 49; i >= 0; i--) {
        String head = there.get(i).next();
        String path = head.replaceAll(".*:path=/([0-9]+).*", "$1");
        there.get(i).headers(false, ":status", "200").data("is " + path, true);
      }
      for (int i = 0; i < 50; i++) {
        assertThat(here.get(i).next()).startsWith("headers :status=200");
        assertThat(here.get(i).next()).isEqualTo("data is " + i + " end");
      }
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void aSlowClientHoldsTheHostBackAndLosesNothing() throws Exception {
    int size = 48 << 20;
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = new Http2Peer(proxy.port(), new Http2Settings().initialWindowSize(0))) {
      Stream here = client.open(true);
      here.headers(true, Http2Peer.request("GET", "/big"));
      Stream there = up.next();
      there.headers(false, ":status", "200").data(new byte[size], true);
      // It offers no window at all, so that the proxy soon takes no more.
      assertThat(here.next()).startsWith("headers :status=200");
      EngineUnderTest.await(
          () -> proxy.counter("http.in.downstream_flow_control_paused_reading_total") > 0);
      EngineUnderTest.awaitStandstill(() -> proxy.counter("cluster.up.upstream_cx_rx_bytes_total"));
      assertThat(proxy.counter("cluster.up.upstream_cx_rx_bytes_total")).isLessThan(26 << 20);
      assertThat(here.bytes()).isZero();
      client.channel.writeAndFlush(
          new io.netty.handler.codec.http2.DefaultHttp2SettingsFrame(
              new Http2Settings().initialWindowSize(1 << 20)));
      assertThat(here.next()).isEqualTo("data  end");
      assertThat(here.bytes()).isEqualTo(size);
    }
  }

  @Test
  void aSlowHostHoldsTheClientBack() throws Exception {
    try (Backend up = new Backend(true);
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.open();
      here.headers(false, Http2Peer.request("POST", "/"));
      Stream there = up.next();
      there.channel.config().setAutoRead(false);
      here.data(new byte[40 << 20], true);
      EngineUnderTest.awaitStandstill(() -> proxy.counter("http.in.downstream_cx_rx_bytes_total"));
      // The window of one stream of each side, and no more.
      assertThat(proxy.counter("http.in.downstream_cx_rx_bytes_total")).isLessThan(34 << 20);
      there.channel.config().setAutoRead(true);
      there.channel.read();
      EngineUnderTest.await(() -> there.bytes() == 40 << 20);
      there.headers(true, ":status", "204");
      assertThat(here.next()).startsWith("headers :status=204").endsWith(" end");
    }
  }

  @Test
  void aResetByTheClientReachesTheHost() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.get("/");
      Stream there = up.next();
      assertThat(there.next()).startsWith("headers");
      here.reset(Http2Error.CANCEL);
      assertThat(there.next()).isEqualTo("reset CANCEL");
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_rq_active") == 0);
      assertThat(proxy.counter("http.in.downstream_rq_rx_reset")).isEqualTo(1);
      assertThat(proxy.counter("http.in.http2.rx_reset")).isEqualTo(1);
    }
  }

  @Test
  void aRefusedStreamIsSentAgainAndOtherResetsAreNot() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.open().headers(true, Http2Peer.request("POST", "/"));
      up.next().reset(Http2Error.REFUSED_STREAM);
      up.next().headers(true, ":status", "200");
      assertThat(here.next()).startsWith("headers :status=200");
      here = client.get("/");
      up.next().reset(Http2Error.INTERNAL_ERROR);
      assertThat(here.next()).startsWith("headers :status=503");
      assertThat(here.next())
          .isEqualTo(
              "data upstream connect error or disconnect/reset before headers. reset reason:"
                  + " remote reset end");
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(1);
    }
  }

  @Test
  void aResetAfterTheResponseBeganResetsTheClient() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.get("/");
      Stream there = up.next();
      there.headers(false, ":status", "200").data("part", false);
      assertThat(here.next()).startsWith("headers :status=200");
      assertThat(here.next()).isEqualTo("data part");
      there.reset(Http2Error.INTERNAL_ERROR);
      assertThat(here.next()).isEqualTo("reset INTERNAL_ERROR");
    }
  }

  @Test
  void anEarlyResponseEndsTheRequestWithoutAnError() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.open().headers(false, Http2Peer.request("POST", "/"));
      Stream there = up.next();
      there.headers(true, ":status", "413");
      assertThat(here.next()).startsWith("headers :status=413").endsWith(" end");
      assertThat(here.next()).isEqualTo("reset NO_ERROR");
      assertThat(there.next()).startsWith("headers");
      assertThat(there.next()).isEqualTo("reset NO_ERROR");
    }
  }

  @Test
  void malformedRequestsAreResetAndTheirNeighboursServed() throws Exception {
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      String[][] malformed = {
        Http2Peer.request("GET", "/", "Upper", "x"),
        Http2Peer.request("GET", "/", "connection", "close"),
        Http2Peer.request("GET", "/", "te", "gzip"),
        Http2Peer.request("GET", "/", "x", "a\r\nb"),
        Http2Peer.request("GET", "/", "host", "other"),
        Http2Peer.request("GET", "not a path"),
        Http2Peer.request("GE T", "/"),
        {":method", "GET", ":scheme", "http", ":authority", "a"},
        Http2Peer.request("GET", "/", "content-length", "5"),
        {":method", "GET", ":scheme", "http", ":path", "/"},
        {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a "},
        {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "\ta"},
        {":method", "GET", ":scheme", "http", ":path", "/", ":authority", " "},
        {":method", "GET", ":scheme", "http", ":path", "/ ", ":authority", "a"},
        {":method", "GET", ":scheme", "http", ":path", " /", ":authority", "a"},
        {":method", "GET ", ":scheme", "http", ":path", "/", ":authority", "a"},
        {":method", "GET", ":scheme", "http ", ":path", "/", ":authority", "a"},
        {":method", "GET", ":scheme", " http", ":path", "/", ":authority", "a"},
        {":method", "GET", ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"},
        {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", ":status", "200"},
        {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", ":unknown", "x"},
      };
      for (String[] fields : malformed) {
        Stream stream = client.open().headers(true, fields);
        assertThat(stream.next()).as(String.join(" ", fields)).isEqualTo("reset PROTOCOL_ERROR");
      }
      Stream good = client.get("/");
      assertThat(good.next()).startsWith("headers :status=200");
      assertThat(up.heads).hasSize(1);
    }
  }

  @Test
  void bytesBeforeAnEndThatIsNoneArrive() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              // One write, so that the good chunk and the bad one come in one turn.
              wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n");
            });
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream stream = client.get("/");
      assertThat(stream.next()).startsWith("headers :status=200 ");
      assertThat(stream.next()).isEqualTo("data half");
      assertThat(stream.next()).isEqualTo("reset INTERNAL_ERROR");
    }
  }

  @Test
  void aDrainSaysGoAwayTwiceAndWaitsForWhatIsUnderWay() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.get("/");
      Stream there = up.next();
      var drained = proxy.engine.drain(Duration.ZERO, false).toCompletableFuture();
      assertThat(client.goAways.poll(10, TimeUnit.SECONDS)).startsWith(Integer.MAX_VALUE + " ");
      assertThat(client.goAways.poll(10, TimeUnit.SECONDS)).endsWith(" NO_ERROR").startsWith("3 ");
      assertThat(drained).isNotDone();
      there.headers(true, ":status", "200");
      assertThat(here.next()).startsWith("headers :status=200");
      assertThat(drained).succeedsWithin(Duration.ofSeconds(10));
    }
  }

  @Test
  void aHostThatGoesAwayGetsNoNewStreams() throws Exception {
    try (Backend up = new Backend();
        EngineUnderTest proxy = proxy(http2(up.peer.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream first = client.get("/");
      Stream there = up.next();
      there
          .channel
          .parent()
          .writeAndFlush(
              new io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR)
                  .setExtraStreamIds(0));
      EngineUnderTest.await(() -> {
        Stream next = client.get("/");
        try {
          Stream taken = up.next();
          taken.headers(true, ":status", "200");
          assertThat(next.next()).startsWith("headers :status=200");
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        return proxy.counter("cluster.up.upstream_cx_total") == 2;
      });
      there.headers(true, ":status", "204");
      assertThat(first.next()).startsWith("headers :status=204");
    }
  }

  @Test
  void floodsEndTheConnectionAndMoveTheirCounters() throws Exception {
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()))) {
      try (Http2Peer client = Http2Peer.client(proxy)) {
        for (int i = 0; i < 400; i++) {
          // PRIORITY of stream 1: length 5, type 2.
          client.raw(Unpooled.wrappedBuffer(new byte[] {0, 0, 5, 2, 0, 0, 0, 0, 1, 0, 0, 0, 3, 1}));
        }
        EngineUnderTest.await(() -> !client.channel.isActive());
        assertThat(proxy.counter("http.in.http2.inbound_priority_frames_flood")).isEqualTo(1);
      }
      try (Http2Peer client = Http2Peer.client(proxy)) {
        for (int i = 0; i < 100; i++) {
          // WINDOW_UPDATE of the connection by one.
          client.raw(Unpooled.wrappedBuffer(new byte[] {0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
        }
        EngineUnderTest.await(() -> !client.channel.isActive());
        assertThat(proxy.counter("http.in.http2.inbound_window_update_frames_flood")).isEqualTo(1);
      }
      try (Http2Peer client = Http2Peer.client(proxy)) {
        // POST http://a/ in HPACK's static table, and DATA of it without payload.
        ByteBuf frames =
            Unpooled.buffer()
                .writeMedium(6)
                .writeShort(0x0104)
                .writeInt(1)
                .writeBytes(new byte[] {(byte) 0x83, (byte) 0x84, (byte) 0x86, 0x41, 1, 'a'});
        for (int i = 0; i < 3; i++) {
          frames.writeMedium(0).writeShort(0).writeInt(1);
        }
        client.raw(frames);
        EngineUnderTest.await(() -> !client.channel.isActive());
        assertThat(proxy.counter("http.in.http2.inbound_empty_frames_flood")).isEqualTo(1);
      }
      try (Http2Peer client = Http2Peer.client(proxy)) {
        for (int i = 0; i < 300; i++) {
          int id = 2 * i + 1;
          // GET http://a/ in HPACK's static table, and CANCEL of it.
          client.raw(
              Unpooled.buffer()
                  .writeMedium(6)
                  .writeShort(0x0105)
                  .writeInt(id)
                  .writeBytes(new byte[] {(byte) 0x82, (byte) 0x84, (byte) 0x86, 0x41, 1, 'a'})
                  .writeMedium(4)
                  .writeShort(0x0300)
                  .writeInt(id)
                  .writeInt(8));
        }
        EngineUnderTest.await(() -> !client.channel.isActive());
      }
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_rq_active") == 0);
    }
  }

  /** The preface, empty SETTINGS, and this frame so often; what the proxy says to the end. */
  private static String flooded(EngineUnderTest proxy, String frame, int times)
      throws java.io.IOException {
    try (Wire wire = proxy.connect()) {
      wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0" + frame.repeat(times));
      wire.socket.shutdownOutput();
      return wire.rest();
    }
  }

  @Test
  void whoFloodsIsToldWhy() throws Exception {
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()))) {
      // GOAWAY, last stream 0, ENHANCE_YOUR_CALM, and the words.
      String calm = "\7\0\0\0\0\0\0\0\0\0\0\0\0\13";
      assertThat(flooded(proxy, "\0\0\5\2\0\0\0\0\1\0\0\0\3\1", 400))
          .contains(calm + "more PRIORITY frames than 0 streams explain");
      assertThat(flooded(proxy, "\0\0\4\10\0\0\0\0\0\0\0\0\1", 100))
          .contains(calm + "more WINDOW_UPDATE frames than 0 DATA frames sent explain");
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_active") == 0);
      assertThat(proxy.counter("http.in.http2.goaway_sent")).isEqualTo(2);
    }
  }

  @Test
  void aMalformedRequestEndsTheConnectionWhereTheOptionsSaySo() throws Exception {
    String[][] malformed = {
      Http2Peer.request("GET", "/", "Upper", "x"),
      Http2Peer.request("GET", "not a path"),
      Http2Peer.request("GET", "/", "content-length", "5"),
    };
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(
                    "http2_protocol_options: {override_stream_error_on_invalid_http_message:"
                        + " false}, "
                        + Yaml.table("routes: [{match: {prefix: /}, route: {cluster: up}}]")),
                Configs.cluster("up", up.port()))) {
      for (String[] fields : malformed) {
        try (Http2Peer client = Http2Peer.client(proxy)) {
          client.open().headers(true, fields);
          assertThat(client.goAways.poll(10, TimeUnit.SECONDS)).endsWith(" PROTOCOL_ERROR");
          assertThat(client.channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
        }
      }
      assertThat(proxy.counter("http.in.downstream_cx_protocol_error")).isEqualTo(3);
    }
  }

  @Test
  void aMalformedResponseEndsTheConnectionWhereTheOptionsSaySo() throws Exception {
    Http2Options usual = Http2Options.DEFAULT;
    Http2Options strict =
        new Http2Options(
            usual.hpackTableSize(),
            usual.maxConcurrentStreams(),
            usual.streamWindowBytes(),
            usual.connectionWindowBytes(),
            usual.maxOutboundControlFrames(),
            usual.maxEmptyFrames(),
            usual.maxPriorityFramesPerStream(),
            usual.maxWindowUpdatesPerDataFrame(),
            usual.keepAliveInterval(),
            usual.keepAliveTimeout(),
            usual.allowConnect(),
            true);
    for (boolean whole : new boolean[] {true, false}) {
      try (Backend backend = new Backend();
          EngineUnderTest proxy =
              proxy(http2(backend.peer.port()).toBuilder().http2(whole ? strict : usual).build());
          Wire wire = proxy.connect()) {
        wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        backend.next().headers(false, ":status", "200", "connection", "close");
        assertThat(wire.response()).startsWith("HTTP/1.1 502 ");
        if (whole) {
          EngineUnderTest.await(() -> proxy.counter("cluster.up.upstream_cx_destroy") == 1);
        } else {
          assertThat(proxy.counter("cluster.up.upstream_cx_destroy")).isZero();
        }
      }
    }
  }

  @Test
  void tooManyHeaderBytesAreRefusedAndTheConnectionStands() throws Exception {
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy = proxy(Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream large =
          client.open().headers(true, Http2Peer.request("GET", "/", "x", "y".repeat(70_000)));
      assertThat(large.next()).startsWith("headers :status=431");
      String[] many = new String[240];
      for (int i = 0; i < many.length; i += 2) {
        many[i] = "x" + i;
        many[i + 1] = "y";
      }
      assertThat(client.open().headers(true, Http2Peer.request("GET", "/", many)).next())
          .isEqualTo("reset PROTOCOL_ERROR");
      assertThat(client.get("/").next()).startsWith("headers :status=200");
      assertThat(proxy.counter("http.in.http2.header_overflow")).isEqualTo(2);
    }
  }
}
