package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.ListenerConfig;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Listeners that choose among several filter chains. */
class FilterChainTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final TestAuthority CA = TestAuthority.create("ca");
  private static final Issued SERVER = CA.issue(Wish.dns("a.example", "*.example"));

  private static String match(String fields) {
    return "'filter_chain_match':{" + fields + "}";
  }

  private static String secured(String match, String text) {
    return Chains.saying(
        text,
        match
            + ","
            + Chains.tls(
                "'common_tls_context':{'tls_certificates':["
                    + DownstreamTlsTest.certificate(SERVER)
                    + "]}"));
  }

  @Test
  void choosesByServerNameProtocolAndClearText() throws Exception {
    ListenerConfig config =
        Chains.listener(
            "'stat_prefix':'in'",
            secured(match("'server_names':['a.example']"), "exact"),
            secured(match("'server_names':['*.example']"), "suffix"),
            secured(match("'server_names':['*.x.example']"), "longer"),
            secured(
                match("'transport_protocol':'tls','application_protocols':['http/1.1']"), "alpn"),
            secured(match("'transport_protocol':'tls'"), "tls"),
            Chains.saying("clear", match("'transport_protocol':'raw_buffer'")));
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      String[][] expected = {
        {"a.example", "", "exact"},
        {"b.example", "", "suffix"},
        {"c.x.example", "", "longer"},
        {"d.c.x.example", "", "longer"},
        {"other.test", "", "tls"},
        {"", "", "tls"},
        {"other.test", "http/1.1", "alpn"},
        // The name was matched first, and there is no way back.
        {"a.example", "http/1.1", "exact"}
      };
      for (String[] one : expected) {
        String[] alpn = one[1].isEmpty() ? new String[0] : new String[] {one[1]};
        // A context of its own: a session that is resumed asks for the name it began with.
        try (TlsClient client =
            TlsClient.connect(proxy.port(), TlsClient.context(CA, null), one[0], alpn)) {
          assertThat(client.get()).as(one[0] + " " + one[1]).endsWith(one[2]);
        }
      }
      assertThat(proxy.get("/")).endsWith("clear");
      assertThat(proxy.counter("tls_inspector.tls_found")).isEqualTo(8);
      assertThat(proxy.counter("tls_inspector.tls_not_found")).isEqualTo(1);
    }
  }

  @Test
  void connectionWithoutChainIsClosedAndCounted() throws Exception {
    ListenerConfig config =
        Chains.listener("'stat_prefix':'in'", Chains.saying("x", match("'destination_port':1")));
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.rest()).isEmpty();
      }
      assertThat(proxy.counter("listener.in.no_filter_chain_match")).isEqualTo(1);
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }

  @Test
  void choosesBySourceAndFallsBackToTheDefaultChain() throws Exception {
    String near = match("'source_prefix_ranges':[{'address_prefix':'127.0.0.0','prefix_len':8}]");
    ListenerConfig config =
        Chains.listener(
            "'default_filter_chain':" + Chains.saying("default", ""),
            Chains.saying("far", match("'source_type':'EXTERNAL'")),
            Chains.saying("near", near));
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      assertThat(proxy.get("/")).endsWith("near");
    }
    config =
        Chains.listener(
            "'default_filter_chain':" + Chains.saying("default", ""),
            Chains.saying("far", match("'source_type':'EXTERNAL'")));
    try (EngineUnderTest proxy = EngineUnderTest.of(config)) {
      assertThat(proxy.get("/")).endsWith("default");
    }
  }

  @Test
  void sameMatchIsRefused() {
    try (Engine engine = Engine.builder().concurrency(1).start()) {
      ListenerConfig config =
          Chains.listener(
              "",
              Chains.saying("a", match("'server_names':['a.example','b.example']")),
              Chains.saying("b", match("'server_names':['b.example']")));
      assertThat(engine.checkListener(config))
          .singleElement()
          .satisfies(
              error -> assertThat(error.field()).isEqualTo("filter_chains[1].filter_chain_match"));
    }
  }

  @Test
  void changedChainDrainsOnlyItsOwnConnections() throws Exception {
    String kept =
        Chains.saying("kept", "'name':'kept'," + match("'application_protocols':['http/1.1']"));
    String inspect =
        "'listener_filters':[" + Chains.listenerFilter("http_inspector.v3.HttpInspector", "") + "]";
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            Chains.listener(
                inspect,
                kept,
                Chains.saying("old", match("'application_protocols':['http/1.0']"))))) {
      int port = proxy.port();
      try (Wire stays = proxy.connect();
          Wire goes = proxy.connect()) {
        assertThat(stays.roundTrip(GET)).endsWith("kept");
        // Answered with 426, which keeps nothing; what counts is the group.
        goes.send("GET / HTTP/1.0\r\n");
        EngineUnderTest.await(() -> proxy.engine.activeConnections() == 2);
        assertThat(
                proxy.bind(
                    Chains.listener(
                        inspect,
                        kept,
                        Chains.saying("new", match("'application_protocols':['http/1.0']")))))
            .isEqualTo(port);
        assertThat(stays.roundTrip(GET)).endsWith("kept").doesNotContain("connection: close");
        assertThat(proxy.bind(Chains.listener(inspect, Chains.saying("alone", ""))))
            .isEqualTo(port);
        assertThat(stays.rest()).isEmpty();
        assertThat(proxy.get("/")).endsWith("alone");
      }
    }
  }

  @Test
  void proxyHeaderRewritesAddressesAndChoosesTheChain() throws Exception {
    String filters =
        "'stat_prefix':'in','listener_filters':["
            + Chains.listenerFilter(
                "proxy_protocol.v3.ProxyProtocol",
                "'rules':[{'tlv_type':2,'on_tlv_present':{'key':'authority'}}]")
            + "]";
    ListenerConfig config =
        Chains.listener(
            filters,
            Chains.saying("other", ""),
            Chains.proxying(
                match(
                    "'destination_port':4433,'source_prefix_ranges':[{'address_prefix':'10.0.0.0',"
                        + "'prefix_len':8}]"),
                "'use_remote_address':true"));
    try (Upstream up = Upstream.answering("up");
        EngineUnderTest proxy = EngineUnderTest.of(config, Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("PROXY TCP4 10.1.2.3 10.9.9.9 1234 4433\r\n" + GET))
            .endsWith("up");
        assertThat(up.heads.getFirst()).contains("x-forwarded-for: 10.1.2.3\r\n");
      }
      byte[] two =
          HexFormat.of()
              .parseHex(
                  "0d0a0d0a000d0a515549540a2111"
                      + "0015"
                      + "0a010203"
                      + "0a090909"
                      + "04d2"
                      + "1151"
                      + "020006"
                      + HexFormat.of().formatHex("host-1".getBytes(StandardCharsets.US_ASCII)));
      try (Wire wire = proxy.connect()) {
        wire.send(new String(two, StandardCharsets.ISO_8859_1));
        assertThat(wire.roundTrip(GET)).endsWith("up");
      }
      // LOCAL: the addresses are the socket's.
      try (Wire wire = proxy.connect()) {
        wire.send("\r\n\r\n\0\r\nQUIT\n \0\0\0");
        assertThat(wire.roundTrip(GET)).endsWith("other");
      }
      for (String bad :
          new String[] {
            GET,
            "PROXY TCP4 10.1.2.3 10.9.9.9 1234 99999\r\n",
            "PROXY TCP4 10.1.2.3 10.9.9.9 1234\r\n",
            "PROXY TCP4 a b 1 2\r\n",
            "PROXY TCP4 10.1.2.3 10.9.9.9 1234 4433\n",
            "PROXY " + "x".repeat(200),
            "\r\n\r\n\0\r\nQUIT\n1\u0011\0\0",
            "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u0004abcd"
          }) {
        try (Wire wire = proxy.connect()) {
          wire.send(bad);
          assertThat(wire.rest()).as(bad).isEmpty();
        }
      }
      EngineUnderTest.await(() -> proxy.counter("downstream_cx_proxy_proto_error") == 8);
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }
}
