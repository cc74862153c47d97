package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Wish;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Hosts that are told their clients' addresses by a PROXY header. */
class ProxyHeaderTest {
  private static final String PROXY_FILTER =
      "'listener_filters':[" + Chains.listenerFilter("proxy_protocol.v3.ProxyProtocol", "") + "]";

  private static String header(String config, String inner) {
    return "'transport_socket':"
        + Chains.socket(
            "proxy_protocol.v3.ProxyProtocolUpstreamTransport",
            "'config':{" + config + "},'transport_socket':" + inner);
  }

  private static String raw() {
    return Chains.socket("raw_buffer.v3.RawBuffer", "");
  }

  /** Notes what stands before the first request of each connection. */
  private static Upstream noting(List<String> headers) {
    return new Upstream(wire -> {
      headers.add(headerOf(wire));
      while (wire.request() != null) {
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
      }
    });
  }

  private static String headerOf(Upstream.Wire wire) throws IOException {
    StringBuilder line = new StringBuilder();
    if (wire.in.read() == '\r') {
      // Version 2: the signature, version and family, then how much follows.
      String fixed = "\r" + wire.read(15);
      int length = fixed.charAt(14) << 8 | fixed.charAt(15);
      return fixed + wire.read(length);
    }
    line.append('P');
    while (line.charAt(line.length() - 1) != '\n') {
      line.append((char) wire.in.read());
    }
    return line.toString();
  }

  @Test
  void eachClientHasItsOwnConnections() throws Exception {
    List<String> headers = new CopyOnWriteArrayList<>();
    try (Upstream up = noting(headers);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.proxying("", "")),
                Chains.cluster(up.port(), header("'version':'V1'", raw())))) {
      String ask = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
      for (int i = 0; i < 2; i++) {
        try (Upstream.Wire client = proxy.connect()) {
          assertThat(client.roundTrip(ask)).endsWith("x");
          assertThat(client.roundTrip(ask)).endsWith("x");
          assertThat(headers.getLast())
              .isEqualTo(
                  "PROXY TCP4 127.0.0.1 127.0.0.1 "
                      + client.socket.getLocalPort()
                      + " "
                      + proxy.port()
                      + "\r\n");
        }
      }
      assertThat(headers).hasSize(2);
    }
  }

  @Test
  void whatWasToldIsToldOn() throws Exception {
    List<String> headers = new CopyOnWriteArrayList<>();
    String version2 = "'version':'V2','added_tlvs':[{'type':224,'value':'aGVsbG8='}]";
    try (Upstream up = noting(headers);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener(PROXY_FILTER, Chains.tcp("up")),
                Chains.cluster(up.port(), header(version2, raw())))) {
      for (String family : List.of("TCP4 1.2.3.4 5.6.7.8", "TCP6 1::2 3::4")) {
        try (Upstream.Wire client = proxy.connect()) {
          client.send("PROXY " + family + " 1000 2000\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
          assertThat(client.response()).endsWith("x");
        }
      }
      String start = "\r\n\r\n\0\r\nQUIT\n!";
      String end = "\u0003\u00e8\u0007\u00d0\u00e0\0\u0005hello";
      assertThat(headers.getFirst())
          .isEqualTo(
              start + "\u0011\0\u0014\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008" + end);
      assertThat(headers.getLast())
          .isEqualTo(
              start
                  + "!\0,\0\u0001"
                  + "\0".repeat(13)
                  + "\u0002\0\u0003"
                  + "\0".repeat(13)
                  + "\u0004"
                  + end);
    }
  }

  @Test
  void tlsBeginsAfterTheHeader() throws Exception {
    TestAuthority authority = TestAuthority.create("ca");
    String trusting =
        "'common_tls_context':{'validation_context':{'trusted_ca':{'inline_string':"
            + Chains.json(authority.pem())
            + "}}}";
    String own =
        "'common_tls_context':{'tls_certificates':["
            + DownstreamTlsTest.certificate(authority.issue(Wish.dns("a.example")))
            + "]}";
    // The host is another of ours, which takes the header and terminates TLS.
    try (EngineUnderTest host =
            EngineUnderTest.of(
                Chains.listener(PROXY_FILTER, Chains.saying("secret", Chains.tls(own))));
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.proxying("", "")),
                Chains.cluster(
                    host.port(),
                    header(
                        "'version':'V2'", Chains.socket("tls.v3.UpstreamTlsContext", trusting))))) {
      assertThat(proxy.get("/")).endsWith("secret");
      assertThat(host.counter("listener." + "127.0.0.1_" + host.port() + ".ssl.handshake"))
          .isEqualTo(1);
    }
  }

  @Test
  void whatCannotBeSaidIsRefusedByField() {
    String[][] wrong = {
      {header("'version':'V1','added_tlvs':[{'type':1,'value':'aGk='}]", raw()), "added_tlvs[0]"},
      {header("'version':'V2','added_tlvs':[{'type':256,'value':'aGk='}]", raw()), "type"},
      {header("'version':'V2','pass_through_tlvs':{}", raw()), "pass_through_tlvs"},
      {
        "'transport_socket':"
            + Chains.socket("proxy_protocol.v3.ProxyProtocolUpstreamTransport", "'config':{}"),
        "transport_socket"
      },
    };
    for (String[] one : wrong) {
      assertThat(Chains.parseCluster(one[0]).message()).contains(one[1]);
    }
  }
}
