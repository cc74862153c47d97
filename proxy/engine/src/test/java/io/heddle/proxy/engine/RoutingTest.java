package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ClusterTarget.WeightedCluster;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HeaderMutations.Addition;
import io.heddle.xds.model.HeaderMutations.AppendAction;
import io.heddle.xds.model.HttpConnectionManagerConfig.ClientAddress;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization.EscapedSlashes;
import io.heddle.xds.model.RegexReplacement;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.TimeoutOverride;
import io.heddle.xds.model.VirtualHostConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which route a request takes, and what routes do to it. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class RoutingTest {
  private static RouteConfig direct(RouteMatch match, String body) {
    return Configs.route(
        match,
        new RouteAction.DirectResponse(200, body),
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        Map.of());
  }

  private static RouteMatch match(
      PathMatch path,
      List<HeaderMatch> headers,
      List<QueryParameterMatch> query,
      String... methods) {
    return new RouteMatch(path, true, Set.of(methods), headers, query, Fraction.ALL);
  }

  private static RouteMatch path(PathMatch path) {
    return match(path, List.of(), List.of());
  }

  private static String body(String response) {
    return response.substring(response.indexOf("\r\n\r\n") + 4);
  }

  @Test
  void firstMatchingRouteIsTaken() throws Exception {
    Configs.Http http =
        new Configs.Http()
            .routes(
                direct(path(new PathMatch.Exact("/exact")), "exact"),
                direct(path(new PathMatch.PathSeparatedPrefix("/seg")), "segment"),
                direct(path(new PathMatch.Regex(Pattern.compile("/r/[0-9]+"))), "regex"),
                direct(
                    match(
                        new PathMatch.Prefix("/"),
                        List.of(
                            new HeaderMatch(
                                "x-k",
                                new HeaderValueMatch.Text(new StringMatch.Exact("v", false)),
                                false,
                                false)),
                        List.of()),
                    "header"),
                direct(
                    match(
                        new PathMatch.Prefix("/"),
                        List.of(),
                        List.of(
                            new QueryParameterMatch(
                                "q",
                                new QueryValueMatch.Text(new StringMatch.Prefix("1", false))))),
                    "query"),
                direct(match(new PathMatch.Prefix("/"), List.of(), List.of(), "PUT"), "method"),
                direct(path(new PathMatch.Prefix("/")), "rest"));
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener());
        Wire wire = proxy.connect()) {
      String end = " HTTP/1.1\r\nhost: a\r\n\r\n";
      assertThat(body(wire.roundTrip("GET /exact?x" + end))).isEqualTo("exact");
      assertThat(body(wire.roundTrip("GET /exact/more" + end))).isEqualTo("rest");
      assertThat(body(wire.roundTrip("GET /seg/x" + end))).isEqualTo("segment");
      assertThat(body(wire.roundTrip("GET /segment" + end))).isEqualTo("rest");
      assertThat(body(wire.roundTrip("GET /r/42" + end))).isEqualTo("regex");
      assertThat(body(wire.roundTrip("GET /r/42x" + end))).isEqualTo("rest");
      assertThat(body(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\nx-k: v\r\n\r\n")))
          .isEqualTo("header");
      assertThat(body(wire.roundTrip("GET /?p=2&q=17" + end))).isEqualTo("query");
      assertThat(body(wire.roundTrip("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")))
          .isEqualTo("method");
    }
  }

  @Test
  void eachLineOfAHeaderIsMatchedByItselfAndAMissingOneNever() throws Exception {
    HeaderValueMatch one = new HeaderValueMatch.Text(new StringMatch.Exact("1", false));
    Configs.Http http =
        new Configs.Http()
            .routes(
                direct(
                    match(
                        new PathMatch.Prefix("/not"),
                        List.of(new HeaderMatch("x-k", one, true, false)),
                        List.of()),
                    "other"),
                direct(
                    match(
                        new PathMatch.Prefix("/is"),
                        List.of(new HeaderMatch("x-k", one, false, false)),
                        List.of()),
                    "one"),
                direct(path(new PathMatch.Prefix("/")), "rest"));
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener());
        Wire wire = proxy.connect()) {
      String head = " HTTP/1.1\r\nhost: a\r\n";
      assertThat(body(wire.roundTrip("GET /not" + head + "\r\n"))).isEqualTo("rest");
      assertThat(body(wire.roundTrip("GET /not" + head + "x-k: 2\r\n\r\n"))).isEqualTo("other");
      assertThat(body(wire.roundTrip("GET /not" + head + "x-k: 2\r\nx-k: 1\r\n\r\n")))
          .isEqualTo("rest");
      assertThat(body(wire.roundTrip("GET /is" + head + "x-k: 2\r\nx-k: 1\r\n\r\n")))
          .isEqualTo("one");
    }
  }

  @Test
  void mostSpecificVirtualHostIsTaken() throws Exception {
    Configs.Http http = new Configs.Http();
    http.stripAnyPort = true;
    http.routes =
        new RouteSource.Inline(
            Configs.table(
                "hosts",
                host("any", "*"),
                host("suffix", "*.example.com"),
                host("longer", "*.a.example.com"),
                host("prefix", "web.*"),
                host("exact", "x.a.example.com")));
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener());
        Wire wire = proxy.connect()) {
      assertThat(body(wire.roundTrip(to("X.a.example.com:8080")))).isEqualTo("exact");
      assertThat(body(wire.roundTrip(to("y.a.example.com")))).isEqualTo("longer");
      assertThat(body(wire.roundTrip(to("b.example.com")))).isEqualTo("suffix");
      assertThat(body(wire.roundTrip(to("web.org")))).isEqualTo("prefix");
      assertThat(body(wire.roundTrip(to("example.com")))).isEqualTo("any");
      assertThat(body(wire.roundTrip("GET http://web.net/ HTTP/1.1\r\nhost: web.net\r\n\r\n")))
          .isEqualTo("prefix");
    }
  }

  private static String to(String host) {
    return "GET / HTTP/1.1\r\nhost: " + host + "\r\n\r\n";
  }

  private static VirtualHostConfig host(String name, String domain) {
    return new VirtualHostConfig(
        name,
        List.of(domain),
        List.of(direct(Configs.match("/"), name)),
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        Map.of());
  }

  @Test
  void rewritesPathHostAndHeaders() throws Exception {
    RouteAction.Forward rewriting =
        new RouteAction.Forward(
            new ClusterTarget.Single("up"),
            503,
            new RouteAction.PathRewrite.Prefix("/v2/"),
            new RouteAction.HostRewrite.Literal("inside"),
            Duration.ZERO,
            TimeoutOverride.Inherited.INHERITED,
            TimeoutOverride.Inherited.INHERITED,
            RouteAction.RoutingPriority.DEFAULT);
    RouteAction.Forward regex =
        new RouteAction.Forward(
            new ClusterTarget.FromHeader("x-cluster"),
            404,
            new RouteAction.PathRewrite.Regex(
                Pattern.compile("^/re/([a-z]+)"), new RegexReplacement("/\\1/end")),
            RouteAction.HostRewrite.Keep.KEEP,
            Duration.ZERO,
            TimeoutOverride.Inherited.INHERITED,
            TimeoutOverride.Inherited.INHERITED,
            RouteAction.RoutingPriority.DEFAULT);
    HeaderMutations request =
        new HeaderMutations(
            List.of(
                new Addition(
                    "x-method", "%REQ(:METHOD)%!", AppendAction.OVERWRITE_IF_EXISTS_OR_ADD, false),
                new Addition("x-a", "2", AppendAction.APPEND_IF_EXISTS_OR_ADD, false),
                new Addition("x-b", "no", AppendAction.ADD_IF_ABSENT, false)),
            List.of("x-gone"));
    HeaderMutations response =
        new HeaderMutations(
            List.of(new Addition("x-r", "yes", AppendAction.OVERWRITE_IF_EXISTS_OR_ADD, false)),
            List.of("x-secret"));
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.request() != null) {
                wire.send("HTTP/1.1 200 OK\r\nx-secret: 1\r\ncontent-length: 0\r\n\r\n");
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http()
                    .routes(
                        Configs.route(
                            Configs.match("/v1/"), rewriting, request, response, Map.of()),
                        Configs.route("/re", regex))
                    .listener(),
                Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      String answer =
          wire.roundTrip(
              "GET /v1/x?q HTTP/1.1\r\nhost: out\r\nx-a: 1\r\nx-b: b\r\nx-gone: g\r\n\r\n");
      assertThat(answer).contains("x-r: yes\r\n").doesNotContain("x-secret");
      assertThat(up.heads.getFirst())
          .startsWith("GET /v2/x?q HTTP/1.1\r\nhost: inside\r\n")
          .contains(
              "x-a: 1\r\n",
              "x-a: 2\r\n",
              "x-b: b\r\n",
              "x-method: GET!\r\n",
              "x-envoy-original-path: /v1/x?q\r\n")
          .doesNotContain("x-gone");
      assertThat(wire.roundTrip("GET /re/abc/d?q HTTP/1.1\r\nhost: out\r\nx-cluster: up\r\n\r\n"))
          .startsWith("HTTP/1.1 200");
      assertThat(up.heads.get(1)).startsWith("GET /abc/end/d?q HTTP/1.1\r\nhost: out\r\n");
      assertThat(wire.roundTrip("GET /re/x HTTP/1.1\r\nhost: out\r\nx-cluster: no\r\n\r\n"))
          .startsWith("HTTP/1.1 404");
    }
  }

  @Test
  void directResponsesMayBeAsLongAsConfigured() throws Exception {
    String body = "x".repeat(100_000);
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            new Configs.Http().routes(direct(path(new PathMatch.Prefix("/")), body)).listener())) {
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + body);
    }
  }

  @Test
  void redirects() throws Exception {
    RouteAction.Redirect redirect =
        new RouteAction.Redirect(
            "https", "", 8443, new RouteAction.RedirectPath.Prefix("/new"), false, 308);
    try (EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().routes(Configs.route("/old", redirect)).listener());
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("GET /old/a?b=c HTTP/1.1\r\nhost: h:80\r\n\r\n"))
          .startsWith("HTTP/1.1 308 ")
          .contains("location: https://h:8443/new/a?b=c\r\n");
    }
  }

  @Test
  void weightedClustersShareTheRequests() throws Exception {
    ClusterTarget weighted =
        new ClusterTarget.Weighted(
            List.of(
                new WeightedCluster(
                    "a", 90, HeaderMutations.NONE, HeaderMutations.NONE, "", Map.of()),
                new WeightedCluster(
                    "b", 10, HeaderMutations.NONE, HeaderMutations.NONE, "", Map.of())),
            100);
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http()
                    .routes(Configs.route("/", Configs.forwardTo(weighted, Duration.ZERO)))
                    .listener(),
                Configs.cluster("a", a.port()),
                Configs.cluster("b", b.port()));
        Wire wire = proxy.connect()) {
      int toB = 0;
      for (int i = 0; i < 2000; i++) {
        if (wire.roundTrip("GET / HTTP/1.1\r\nhost: h\r\n\r\n").endsWith("b")) {
          toB++;
        }
      }
      assertThat(toB).isBetween(130, 270);
    }
  }

  @Test
  void normalisesPathsAndTrustsForwardedHeadersAsConfigured() throws Exception {
    Configs.Http http = new Configs.Http();
    http.path = new PathNormalization(true, true, EscapedSlashes.REJECT_REQUEST);
    http.client = new ClientAddress(true, 0, false, List.of());
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      var _ =
          wire.roundTrip(
              "GET /a/./b/..//c%41?x=.. HTTP/1.1\r\nhost: h\r\nx-forwarded-for: 9.9.9.9\r\n"
                  + "x-envoy-max-retries: 5\r\nx-request-id: mine\r\n\r\n");
      assertThat(up.heads.getFirst())
          .startsWith("GET /a/cA?x=.. HTTP/1.1\r\n")
          .contains("x-forwarded-for: 9.9.9.9,127.0.0.1\r\n")
          .doesNotContain("x-envoy-max-retries", "x-request-id: mine");
      assertThat(wire.roundTrip("GET /a%2fb HTTP/1.1\r\nhost: h\r\n\r\n"))
          .startsWith("HTTP/1.1 400");
    }
  }

  private static final String SAID_INSIDE =
      "x-envoy-internal: true\r\n"
          + "x-envoy-max-retries: 5\r\n"
          + "x-envoy-upstream-rq-timeout-ms: 70000\r\n"
          + "x-secret: 1\r\n"
          + "x-envoy-decorator-operation: op\r\n\r\n";

  /**
   * What an upstream gets of a request with these headers and those that only insiders may send.
   */
  private static String forwarded(ClientAddress trust, String headers) throws Exception {
    Configs.Http http = new Configs.Http();
    http.client = trust;
    http.routes =
        new RouteSource.Inline(
            new RouteTable(
                "local",
                Configs.routes(List.of(Configs.forward("/", "up"))).virtualHosts(),
                false,
                false,
                false,
                HeaderMutations.NONE,
                HeaderMutations.NONE,
                List.of("x-secret"),
                Map.of()));
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      var _ = wire.roundTrip("GET / HTTP/1.1\r\nhost: h\r\n" + headers + SAID_INSIDE);
      return up.heads.getFirst();
    }
  }

  private static void assertCleaned(String head) {
    assertThat(head)
        .doesNotContain("x-envoy-internal", "x-envoy-max-retries", "x-secret")
        .contains("x-envoy-expected-rq-timeout-ms: 15000\r\n");
  }

  private static void assertInside(String head) {
    assertThat(head)
        .contains(
            "x-envoy-internal: true\r\n",
            "x-envoy-max-retries: 5\r\n",
            "x-secret: 1\r\n",
            "x-envoy-expected-rq-timeout-ms: 70000\r\n",
            "x-envoy-decorator-operation: op\r\n")
        .containsOnlyOnce("x-envoy-internal");
  }

  @Test
  void outsidersAreNotBelievedWhatOnlyInsidersMaySay() throws Exception {
    List<CidrRange> inside =
        List.of(
            new CidrRange(new byte[] {10, 0, 0, 0}, 8),
            new CidrRange(new byte[] {127, 0, 0, 0}, 8));
    ClientAddress behind = new ClientAddress(false, 0, false, inside);
    String head = forwarded(behind, "");
    assertCleaned(head);
    // Whoever stands at the edge has dealt with this one.
    assertThat(head).contains("x-envoy-decorator-operation: op\r\n");
    assertInside(forwarded(behind, "x-forwarded-for: 10.1.2.3\r\n"));
    assertCleaned(forwarded(behind, "x-forwarded-for: 10.1.2.3, 10.1.2.4\r\n"));
    assertCleaned(forwarded(behind, "x-forwarded-for: 9.1.2.3\r\n"));

    ClientAddress edge = new ClientAddress(true, 0, false, inside);
    assertInside(forwarded(edge, ""));
    head = forwarded(edge, "x-forwarded-for: 10.1.2.3\r\n");
    assertCleaned(head);
    assertThat(head)
        .doesNotContain("x-envoy-decorator-operation")
        .contains("x-envoy-external-address: 127.0.0.1\r\n");

    ClientAddress behindOne = new ClientAddress(true, 1, false, inside);
    head = forwarded(behindOne, "x-forwarded-for: 9.1.2.3\r\n");
    assertCleaned(head);
    assertThat(head).contains("x-envoy-external-address: 9.1.2.3\r\n");
  }

  @Test
  void http10IsRefusedOrServedAsConfigured() throws Exception {
    Configs.Http http = new Configs.Http();
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("GET / HTTP/1.0\r\nhost: h\r\n\r\n")).startsWith("HTTP/1.1 426 ");
      }
      http.acceptHttp10 = true;
      try (EngineUnderTest other =
              EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()));
          Wire wire = other.connect()) {
        assertThat(wire.roundTrip("GET / HTTP/1.0\r\n\r\n"))
            .startsWith("HTTP/1.1 200 ")
            .contains("connection: close\r\n");
        assertThat(up.heads.getFirst()).contains("host: ten\r\n");
        assertThat(wire.rest()).isEmpty();
      }
    }
  }
}
