package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.filters.echo.EchoFilterFactory;
import io.heddle.proxy.filters.localratelimit.LocalRateLimitFilterFactory;
import io.heddle.proxy.filters.localratelimit.NetworkLocalRateLimitFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rate limits of routes and connections, over sockets. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
final class RateLimitsOverSocketsTest {
  private static final String FILTER =
      """
      - name: limit
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
          stat_prefix: one
          filter_enabled: {default_value: {numerator: 100}}
          filter_enforced: {default_value: {numerator: 100}}
          token_bucket: {max_tokens: 100, fill_interval: 3600s}
          enable_x_ratelimit_headers: DRAFT_VERSION_03
          descriptors:
          - entries: [{key: host, value: all}, {key: to, value: up}]
            token_bucket: {max_tokens: 3, fill_interval: 3600s}
          - entries: [{key: destination_cluster, value: up}]
            token_bucket: {max_tokens: 50, tokens_per_fill: 50, fill_interval: 3600s}
          - entries: [{key: tier, value: gold}]
            token_bucket: {max_tokens: 2, fill_interval: 3600s}
          - entries: [{key: user}]
            token_bucket: {max_tokens: 1, fill_interval: 3600s}
      """;

  private static final String ROUTES =
      """
      - match: {prefix: /own}
        metadata: {filter_metadata: {shop: {tier: gold}}}
        route:
          cluster: up
          rate_limits:
          - actions:
            - metadata:
                descriptor_key: tier
                source: ROUTE_ENTRY
                metadata_key: {key: shop, path: [{key: tier}]}
      - match: {prefix: /both}
        route:
          cluster: up
          include_vh_rate_limits: true
          rate_limits:
          - actions: [{request_headers: {header_name: x-user, descriptor_key: user}}]
      - match: {prefix: /}
        route: {cluster_header: x-cluster}
      rate_limits:
      - actions: [{destination_cluster: {}}]
      - actions:
        - generic_key: {descriptor_key: host, descriptor_value: all}
        - header_value_match:
            descriptor_key: to
            descriptor_value: up
            headers: [{name: x-count, string_match: {exact: "yes"}}]
      """;

  @Test
  void aRequestIsWhatItsRouteAndVirtualHostSay() throws Exception {
    try (ProxyOverSockets proxy =
        ProxyOverSockets.http(List.of(new LocalRateLimitFilterFactory()), FILTER, ROUTES)) {
      assertThat(limitLeft(proxy.get("/own", ""))).isEqualTo("200 2 1");
      assertThat(limitLeft(proxy.get("/own", ""))).isEqualTo("200 2 0");
      assertThat(limitLeft(proxy.get("/own", "x-count: yes\r\n"))).isEqualTo("429 2 0");

      String count = "x-cluster: up\r\nx-count: yes\r\n";
      assertThat(limitLeft(proxy.get("/", "x-cluster: up\r\n"))).isEqualTo("200 50 49");
      assertThat(limitLeft(proxy.get("/", count))).isEqualTo("200 3 2");

      assertThat(limitLeft(proxy.get("/both", "x-user: ann\r\n"))).isEqualTo("200 1 0");
      assertThat(limitLeft(proxy.get("/both", "x-user: ann\r\n"))).isEqualTo("429 1 0");
      assertThat(limitLeft(proxy.get("/both", "x-count: yes\r\n"))).isEqualTo("200 3 1");
      assertThat(limitLeft(proxy.get("/both", "x-user: bob\r\nx-count: yes\r\n")))
          .isEqualTo("200 1 0");
      assertThat(limitLeft(proxy.get("/both", "x-count: yes\r\n"))).isEqualTo("429 3 0");
    }
  }

  @Test
  void rulesThatNobodyReadsAreRefused() {
    assertThatThrownBy(() -> ProxyOverSockets.http(List.of(), "", ROUTES).close())
        .hasMessageContaining("virtual_hosts[0].rate_limits")
        .hasMessageContaining("routes[0].route.rate_limits");
  }

  @Test
  void anActionThatIsWrongIsRefusedByPath() {
    assertThatThrownBy(() ->
            ProxyOverSockets.http(
                    List.of(new LocalRateLimitFilterFactory()),
                    FILTER,
                    ROUTES.replace("descriptor_key: user", "descriptor_key: ''"))
                .close())
        .hasMessageContaining(
            "routes[1].route.rate_limits[0].actions[0].request_headers.descriptor_key");
  }

  @Test
  void requestsOfAConnectionHaveABucketOfTheirOwn() throws Exception {
    String filter =
        FILTER.replace(
            "token_bucket: {max_tokens: 100,",
            "local_rate_limit_per_downstream_connection: true\n"
                + "    token_bucket: {max_tokens: 1,");
    try (ProxyOverSockets proxy =
        ProxyOverSockets.http(
            List.of(new LocalRateLimitFilterFactory()),
            filter,
            "- {match: {prefix: /}, route: {cluster: up}}\n")) {
      for (int i = 0; i < 2; i++) {
        String both =
            proxy.exchange(
                "GET /1 HTTP/1.1\r\nhost: a\r\n\r\n"
                    + "GET /2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        assertThat(both).startsWith("HTTP/1.1 200").contains("HTTP/1.1 429");
      }
    }
  }

  @Test
  void connectionsBeyondTheRateAreClosed() throws Exception {
    String network = "type.googleapis.com/envoy.extensions.filters.network.";
    try (ProxyOverSockets proxy =
        new ProxyOverSockets(
            new ProxyOverSockets.Setup(
                List.of(),
                List.of(new NetworkLocalRateLimitFactory(), new EchoFilterFactory()),
                List.of(),
                GrpcClient.NONE,
                ProxyOverSockets.bootstrap(
                    "- {name: limit, typed_config: {'@type': "
                        + network
                        + "local_ratelimit.v3.LocalRateLimit, stat_prefix: l, token_bucket:"
                        + " {max_tokens: 2, fill_interval: 3600s}}}\n"
                        + "- {name: echo, typed_config: {'@type': "
                        + network
                        + "echo.v3.Echo}}\n")))) {
      for (String wanted : List.of("hello", "hello", "")) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
          socket.setSoTimeout(20_000);
          assertThat(sentBack(socket)).isEqualTo(wanted);
        }
      }
      assertThat(proxy.engine().stats().counter("local_rate_limit.l.rate_limited")).hasValue(1L);
    }
  }

  /** What an echo sends back before the connection ends; a reset is an end too. */
  private static String sentBack(Socket socket) throws java.io.IOException {
    try {
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (java.net.SocketException reset) {
      return "";
    }
  }

  /** Status, limit and what is left of it. */
  private static String limitLeft(String response) {
    return response.substring(9, 12)
        + " "
        + header(response, "x-ratelimit-limit")
        + " "
        + header(response, "x-ratelimit-remaining");
  }

  private static String header(String response, String name) {
    int at = response.indexOf(name + ": ");
    return at < 0 ? "-" : response.substring(at + name.length() + 2, response.indexOf('\r', at));
  }
}
