package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.Parsed;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unix sockets on both sides, several addresses of a listener, and redirected connections. */
class PipeTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path files;

  private static ListenerConfig listener(String name, String address, String more, String chain) {
    String json =
        "{'name':'"
            + name
            + "','address':"
            + address
            + ","
            + (more.isEmpty() ? "" : more + ",")
            + "'filter_chains':["
            + chain
            + "]}";
    return switch (Chains.parseListener(json)) {
      case Parsed.Ok<ListenerConfig> ok -> ok.value();
      case Parsed.Refused<ListenerConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  private static String pipe(Object path, String more) {
    return "{'pipe':{'path':'" + path + "'" + more + "}}";
  }

  private static String tcp(String address, int port) {
    return "{'socket_address':{'address':'" + address + "','port_value':" + port + "}}";
  }

  private static String get(Path socket) throws IOException {
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(socket));
      client.write(
          ByteBuffer.wrap(
              "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII)));
      return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String cluster(Object path) {
    return "'load_assignment':{'cluster_name':'up','endpoints':[{'lb_endpoints':[{'endpoint':"
        + "{'address':"
        + pipe(path, "")
        + "}}]}]}";
  }

  @Test
  void bothSidesSpeakOverUnixSockets() throws Exception {
    for (Transport transport : List.of(Transport.EPOLL, Transport.NIO)) {
      Path front = files.resolve(transport + "-front");
      Path back = files.resolve(transport + "-back");
      try (EngineUnderTest origin =
              new EngineUnderTest(Engine.builder().concurrency(1).transport(transport));
          EngineUnderTest proxy =
              new EngineUnderTest(Engine.builder().concurrency(2).transport(transport))) {
        origin.apply(listener("in", pipe(back, ""), "", Chains.saying("hello", "")));
        proxy.cluster(Chains.cluster(cluster(back)));
        proxy.apply(
            listener(
                "in", pipe(front, ",'mode':384"), "'stat_prefix':'in'", Chains.proxying("", "")));
        assertThat(get(front)).startsWith("HTTP/1.1 200 ").endsWith("hello");
        assertThat(get(front)).doesNotContain("x-forwarded-for");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(front)))
            .isEqualTo("rw-------");
        assertThat(proxy.engine.clusters().getFirst().hosts().getFirst().address())
            .isEqualTo(back.toString());
        assertThat(proxy.counter("cluster.up.upstream_rq_200")).isEqualTo(2);
        assertThat(proxy.counter("listener.in.downstream_cx_total")).isEqualTo(2);
      }
    }
  }

  @Test
  void bytesOfAnyKindPassOverUnixSockets() throws Exception {
    Path front = files.resolve("front");
    try (Upstream up =
            new Upstream(wire -> {
              String all = wire.rest();
              wire.send("got " + all.length());
            });
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.cluster(Chains.cluster(up.port(), "'connect_timeout':'5s'"));
      proxy.apply(listener("in", pipe(front, ""), "", Chains.tcp("up")));
      try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        client.connect(UnixDomainSocketAddress.of(front));
        ByteBuffer all = ByteBuffer.allocate(200_000);
        while (all.hasRemaining()) {
          client.write(all);
        }
        client.shutdownOutput();
        assertThat(
                new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo("got 200000");
      }
    }
  }

  @Test
  void abstractNamesNeedNoFile() throws Exception {
    String name = "@" + files + "/abstract";
    try (EngineUnderTest origin = new EngineUnderTest(Engine.builder().concurrency(1));
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      origin.apply(listener("in", pipe(name, ""), "", Chains.saying("hello", "")));
      proxy.cluster(Chains.cluster(cluster(name)));
      proxy.bind(Chains.listener("", Chains.proxying("", "")));
      assertThat(proxy.get("/")).endsWith("hello");
      assertThat(files.resolve("abstract")).doesNotExist();
    }
  }

  @Test
  void aSocketLeftBehindMakesWayAndAnotherFileDoesNot() throws Exception {
    Path front = files.resolve("front");
    for (int i = 0; i < 2; i++) {
      try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
        proxy.apply(listener("in", pipe(front, ""), "", Chains.saying("x", "")));
        assertThat(get(front)).endsWith("x");
      }
    }
    Path precious = Files.writeString(files.resolve("precious"), "data");
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      assertThat(proxy.apply(listener("in", pipe(precious, ""), "", Chains.saying("x", ""))))
          .isEqualTo(
              new ListenerResult.BindFailed(
                  "cannot bind to " + precious + ": a file that is no socket is there"));
      assertThat(precious).hasContent("data");
    }
  }

  @Test
  void aListenerServesAtAllItsAddressesOrAtNone() throws Exception {
    Path pipe = files.resolve("front");
    String more = "'additional_addresses':[{'address':" + pipe(pipe, "") + "}]";
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.bind(listener("in", tcp("127.0.0.1", 0), more, Chains.saying("x", "")));
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(get(pipe)).endsWith("x");
      // Both sockets go on under another configuration.
      proxy.bind(listener("in", tcp("127.0.0.1", 0), more, Chains.saying("y", "")));
      assertThat(proxy.get("/")).endsWith("y");
      assertThat(get(pipe)).endsWith("y");
      assertThat(proxy.engine.openSockets()).hasSize(2);

      Path other = files.resolve("other");
      String taken = "'additional_addresses':[{'address':" + tcp("127.0.0.1", proxy.port()) + "}]";
      assertThat(proxy.apply(listener("two", pipe(other, ""), taken, Chains.saying("z", ""))))
          .isInstanceOf(ListenerResult.BindFailed.class);
      assertThat(proxy.engine.openSockets()).hasSize(2);
      assertThat(proxy.engine.listeners()).hasSize(1);
    }
  }

  @Test
  void redirectedConnectionsGoToTheListenerOfTheirDestination() throws Exception {
    String told =
        "'use_original_dst':true,'listener_filters':["
            + Chains.listenerFilter("proxy_protocol.v3.ProxyProtocol", "")
            + "]";
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(2))) {
      proxy.bind(listener("in", tcp("127.0.0.1", 0), told, Chains.saying("itself", "")));
      String unbound = "'bind_to_port':false,'stat_prefix':'exact'";
      assertThat(
              proxy.apply(
                  listener("exact", tcp("5.6.7.8", 80), unbound, Chains.saying("exact", ""))))
          .isInstanceOf(ListenerResult.Unbound.class);
      proxy.apply(
          listener("any", tcp("0.0.0.0", 80), "'bind_to_port':false", Chains.saying("any", "")));
      String[][] cases = {
        {"5.6.7.8 9 80", "exact"}, {"9.9.9.9 9 80", "any"}, {"9.9.9.9 9 81", "itself"}
      };
      for (String[] one : cases) {
        try (Upstream.Wire client = proxy.connect()) {
          client.send("PROXY TCP4 1.2.3.4 " + one[0] + "\r\n");
          assertThat(client.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith(one[1]);
        }
      }
      EngineUnderTest.await(() -> proxy.gauge("listener.exact.downstream_cx_active") == 0);
      assertThat(proxy.counter("listener.exact.downstream_cx_total")).isEqualTo(1);
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }

  @Test
  void modesOfFurtherAddressesAreRefused() {
    String more = "'additional_addresses':[{'address':" + pipe("/x", ",'mode':384") + "}]";
    assertThat(
            Chains.parseListener(
                    "{'name':'in','address':"
                        + pipe("/y", "")
                        + ","
                        + more
                        + ",'filter_chains':["
                        + Chains.saying("x", "")
                        + "]}")
                .message())
        .contains("additional_addresses[0].address.pipe.mode");
  }
}
