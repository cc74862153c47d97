package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import java.io.IOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What routes do with their requests, written as users write it. */
class RouteActionsTest {
  private static final String TEMPLATE =
      "{name: t, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig,"
          + " path_template: '%s'}}";
  private static final String REWRITE =
      "{name: t, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig,"
          + " path_template_rewrite: '%s'}}";

  private static String get(String path, String headers) {
    return "GET " + path + " HTTP/1.1\r\nhost: a\r\n" + headers + "\r\n";
  }

  private static String status(Wire wire, String path, String headers) throws IOException {
    return wire.roundTrip(get(path, headers)).substring(9, 12);
  }

  private static String direct(String match, int status) {
    return "{match: " + match + ", direct_response: {status: " + status + "}}, ";
  }

  @Test
  void matchesTemplatesCertificatesAndGrpc() throws Exception {
    String routes =
        direct("{path_match_policy: " + TEMPLATE.formatted("/v/{a}/b/{c=**}.m") + "}", 201)
            + direct("{prefix: /tls, tls_context: {presented: false}}", 202)
            + direct("{prefix: /tls, tls_context: {validated: true}}", 203)
            + direct("{prefix: /g, grpc: {}}", 204)
            + direct(
                "{prefix: /m, dynamic_metadata: [{filter: f, path: [{key: k}], value: {bool_match:"
                    + " true}, invert: true}]}",
                205)
            + direct("{prefix: /s, filter_state: [{key: k, string_match: {exact: v}}]}", 206)
            + direct(
                "{prefix: /i, headers: [{name: x, string_match: {exact: v}, invert_match: true}]}",
                207)
            + direct("{prefix: /}", 299);
    try (EngineUnderTest proxy = EngineUnderTest.of(Yaml.routes(routes));
        Wire wire = proxy.connect()) {
      assertThat(status(wire, "/v/1/b/2/3.m?q", "")).isEqualTo("201");
      assertThat(status(wire, "/v//b/3.m", "")).isEqualTo("299");
      assertThat(status(wire, "/tls", "")).isEqualTo("202");
      // gRPC's form of any reply of our own.
      assertThat(status(wire, "/g", "content-type: application/grpc+proto\r\n")).isEqualTo("200");
      assertThat(status(wire, "/g", "content-type: application/grpcx\r\n")).isEqualTo("299");
      assertThat(status(wire, "/m", "")).isEqualTo("205");
      assertThat(status(wire, "/s", "")).isEqualTo("299");
      assertThat(status(wire, "/i", "x: w\r\n")).isEqualTo("207");
      assertThat(status(wire, "/i", "x: v\r\n")).isEqualTo("299");
      assertThat(status(wire, "/i", "")).isEqualTo("299");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'/{a', path_template",
    "'/{a}/{a}', path_template",
    "'/**/*', path_template",
    "'a', path_template",
    "'/a*b/c', path_template",
  })
  void malformedTemplatesAreRefused(String template, String field) {
    assertThat(
            Yaml.refused(
                Yaml.table(
                    "routes: ["
                        + direct("{path_match_policy: " + TEMPLATE.formatted(template) + "}", 200)
                        + "]")))
        .contains("match.path_match_policy.typed_config." + field);
  }

  private static String line(Upstream upstream, int index) {
    return upstream.heads.get(index).split("\r\n", 2)[0];
  }

  @Test
  void rewritesPathsAndHosts() throws Exception {
    try (Upstream up = Upstream.answering("x")) {
      String routes =
          "{match: {path_match_policy: "
              + TEMPLATE.formatted("/v/{a}/{b=**}")
              + "}, route: {cluster: up, path_rewrite_policy: "
              + REWRITE.formatted("/n/{b}/of/{a}")
              + "}}, {match: {prefix: /h}, route: {cluster: up, append_x_forwarded_host: true,"
              + " host_rewrite_path_regex: {pattern: {regex: '^/h/([a-z]+).*$'}, substitution:"
              + " '\\1.test'}}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(Yaml.routes(routes), Configs.cluster("up", up.port()));
          Wire wire = proxy.connect()) {
        var _ = wire.roundTrip(get("/v/1/x/y?q=1", ""));
        assertThat(line(up, 0)).isEqualTo("GET /n/x/y/of/1?q=1 HTTP/1.1");
        var _ = wire.roundTrip(get("/h/shop/z", "x-forwarded-host: b\r\n"));
        assertThat(up.heads.get(1).toLowerCase(Locale.ROOT))
            .contains(
                "host: shop.test\r\n", "x-forwarded-host: b,a\r\n", "x-envoy-original-host: a\r\n");
        assertThat(up.heads.get(0)).doesNotContain("x-envoy-original-host");
      }
    }
  }

  @Test
  void whoWritesTheHostAnewSaysWhichItWas() throws Exception {
    String named = "{match: {prefix: /}, route: {cluster: up, %s}}";
    try (Upstream up = Upstream.answering("x")) {
      String table = Yaml.table("routes: [" + named.formatted("host_rewrite_literal: a") + "]");
      try (EngineUnderTest proxy =
              EngineUnderTest.of(Yaml.http(table), Configs.cluster("up", up.port()));
          Wire wire = proxy.connect()) {
        var _ = wire.roundTrip(get("/", "x-envoy-original-host: other\r\n"));
      }
      String plain = Yaml.table("routes: [" + named.formatted("timeout: 1s") + "]");
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.http(plain + ", use_remote_address: true"),
                  Configs.cluster("up", up.port()));
          Wire wire = proxy.connect()) {
        var _ = wire.roundTrip(get("/", "x-envoy-original-host: other\r\n"));
      }
      assertThat(up.heads.get(0)).contains("x-envoy-original-host: a\r\n");
      assertThat(up.heads.get(1)).as("it came from outside").doesNotContain("original-host");
    }
  }

  @Test
  void weightedClustersAreChosenByAHeaderOrByHash() throws Exception {
    try (Upstream one = Upstream.answering("1");
        Upstream two = Upstream.answering("2")) {
      String clusters =
          "clusters: [{name: one, weight: 50}, {cluster_header: x-cluster, weight: 50}]";
      String routes =
          "{match: {prefix: /header}, route: {weighted_clusters: {header_name: x-n, "
              + clusters
              + "}}}, {match: {prefix: /hash}, route: {weighted_clusters: {use_hash_policy: true, "
              + clusters
              + "}, hash_policy: [{header: {header_name: x-user}}]}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.routes(routes),
                  Configs.cluster("one", one.port()),
                  Configs.cluster("two", two.port()));
          Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(get("/header", "x-n: 49\r\nx-cluster: two\r\n"))).endsWith("1");
        assertThat(wire.roundTrip(get("/header", "x-n: 150\r\nx-cluster: two\r\n"))).endsWith("2");
        assertThat(status(wire, "/header", "x-n: 50\r\nx-cluster: none\r\n")).isEqualTo("503");
        Set<String> answers = new HashSet<>();
        for (int i = 0; i < 10; i++) {
          answers.add(wire.roundTrip(get("/hash", "x-user: me\r\nx-cluster: two\r\n")));
        }
        assertThat(answers.stream().map(a -> a.substring(a.length() - 1)).distinct()).hasSize(1);
      }
    }
  }

  @Test
  void aHashPolicyMakesACookieWhereThereIsNone() throws Exception {
    try (Upstream up = Upstream.answering("x")) {
      String routes =
          "{match: {prefix: /}, route: {cluster: up, hash_policy: [{cookie: {name: sid, ttl: 60s,"
              + " path: /p, attributes: [{name: SameSite, value: Lax}, {name: Secure}]}}]}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(Yaml.routes(routes), Configs.cluster("up", up.port()));
          Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(get("/", "")))
            .containsPattern(
                "set-cookie: sid=\"[0-9a-f]{16}\"; Max-Age=60; Path=/p; SameSite=Lax; Secure;"
                    + " HttpOnly\r\n");
        assertThat(wire.roundTrip(get("/", "cookie: a=b; sid=7\r\n"))).doesNotContain("set-cookie");
      }
    }
  }

  @Test
  void copiesGoToAnotherClusterWithTheirBody() throws Exception {
    try (Upstream up = Upstream.answering("main");
        Upstream shadow = Upstream.answering("shadow")) {
      String routes =
          "{match: {prefix: /}, route: {cluster: up, prefix_rewrite: /n/, request_mirror_policies:"
              + " [{cluster: shadow}, {cluster: none}, {cluster_header: x-c,"
              + " disable_shadow_host_suffix_append: true}, {cluster: shadow, runtime_fraction:"
              + " {default_value: {numerator: 0}}}]}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.routes(routes),
                  Configs.cluster("up", up.port()),
                  Configs.cluster("shadow", shadow.port()));
          Wire wire = proxy.connect()) {
        String answer =
            wire.roundTrip(
                "POST /a HTTP/1.1\r\nhost: h:80\r\nx-c: shadow\r\ncontent-length: 5\r\n\r\nhello");
        assertThat(answer).endsWith("main");
        EngineUnderTest.await(() -> shadow.heads.size() == 2);
        assertThat(shadow.heads)
            .allMatch(head -> head.startsWith("POST /n/a HTTP/1.1") && head.contains("length: 5"))
            .anyMatch(head -> head.contains("host: h-shadow:80\r\n"))
            .anyMatch(head -> head.contains("host: h:80\r\n"));
        EngineUnderTest.await(() -> proxy.gauge("cluster.shadow.upstream_rq_active") == 0);
        assertThat(proxy.counter("cluster.shadow.upstream_rq_2xx")).isEqualTo(2);
      }
    }
  }

  @Test
  void aMirrorThatTakesNothingDelaysNobody() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (Upstream up = Upstream.answering("main");
        Upstream deaf =
            new Upstream(
                _ -> {
                  try {
                    end.await();
                  } catch (InterruptedException over) {
                    Thread.currentThread().interrupt();
                  }
                },
                4 << 10)) {
      String routes =
          "{match: {prefix: /}, route: {cluster: up, request_mirror_policies: [{cluster: deaf},"
              + " {cluster: dead}]}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.routes(routes),
                  Configs.cluster("up", up.port()),
                  Configs.cluster("deaf", deaf.port()),
                  Configs.cluster("dead", 1));
          Wire wire = proxy.connect()) {
        int size = 24 << 20;
        wire.send("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: " + size + "\r\n\r\n");
        byte[] piece = new byte[1 << 20];
        for (int sent = 0; sent < size; sent += piece.length) {
          wire.out.write(piece);
        }
        wire.out.flush();
        assertThat(wire.response()).endsWith("main");
        EngineUnderTest.await(() -> proxy.gauge("cluster.deaf.upstream_rq_active") == 0);
        assertThat(proxy.gauge("cluster.dead.upstream_rq_active")).isZero();
      }
      end.countDown();
    }
  }

  @Test
  void redirectsOfUpstreamsAreFollowed() throws Exception {
    try (Upstream from =
            new Upstream(wire -> {
              for (String head = wire.request(); head != null; head = wire.request()) {
                String status = head.contains("/see") ? "303 See" : "302 Found";
                wire.send(
                    "HTTP/1.1 "
                        + status
                        + "\r\nlocation: http://other.test/to?q=1\r\nx-copy: c\r\ncontent-length:"
                        + " 0\r\n\r\n");
              }
            });
        Upstream to = Upstream.answering("there")) {
      String redirects =
          "internal_redirect_policy: {max_internal_redirects: 1, redirect_response_codes: [302,"
              + " 303], response_headers_to_copy: [x-copy], predicates: [{name: p, typed_config:"
              + " {'@type':"
              + " type.googleapis.com/envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig,"
              + " allowed_route_names: [good]}}]}";
      String table =
          "route_config: {name: t, validate_clusters: false, virtual_hosts: [{name: other, domains:"
              + " [other.test], routes: [{name: good, match: {path: /to}, route: {cluster: to}},"
              + " {name: bad, match: {prefix: /}, route: {cluster: to}}]}, {name: all, domains:"
              + " ['*'], routes: [{match: {prefix: /plain}, route: {cluster: from}}, {match:"
              + " {prefix: /}, route: {cluster: from, "
              + redirects
              + "}}]}]}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.http(table),
                  Configs.cluster("from", from.port()),
                  Configs.cluster("to", to.port()));
          Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(get("/plain", ""))).startsWith("HTTP/1.1 302");
        assertThat(wire.roundTrip(get("/a?b", ""))).startsWith("HTTP/1.1 200").endsWith("there");
        assertThat(to.heads.getFirst())
            .startsWith("GET /to?q=1 HTTP/1.1\r\n")
            .contains(
                "host: other.test\r\n", "x-copy: c\r\n", "x-envoy-original-url: http://a/a?b\r\n");
        String post = " HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody";
        assertThat(wire.roundTrip("POST /b" + post)).endsWith("there");
        assertThat(to.heads.get(1)).startsWith("POST /to?q=1").contains("content-length: 4");
        assertThat(wire.roundTrip("POST /see" + post)).endsWith("there");
        assertThat(to.heads.get(2)).startsWith("GET /to?q=1").doesNotContain("content-length");
      }
    }
  }

  @Test
  void clearRequestsAreSentToHttps() throws Exception {
    String table =
        "route_config: {name: t, virtual_hosts: [{name: all, domains: ['*'], require_tls: ALL,"
            + " routes: ["
            + direct("{prefix: /}", 201)
            + "]}]}";
    try (EngineUnderTest proxy = EngineUnderTest.of(Yaml.http(table));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(get("/x?y", "")))
          .startsWith("HTTP/1.1 301")
          .contains("location: https://a/x?y\r\n");
      assertThat(status(wire, "/x", "x-forwarded-proto: https\r\n")).isEqualTo("201");
    }
  }

  @Test
  void aHostLosesItsLastDot() throws Exception {
    String table =
        "route_config: {name: t, virtual_hosts: [{name: v, domains: [a.test, 'b.test:80'], routes:"
            + " ["
            + direct("{prefix: /}", 201)
            + "]}]}";
    try (EngineUnderTest proxy =
            EngineUnderTest.of(Yaml.http("strip_trailing_host_dot: true, " + table));
        Wire wire = proxy.connect()) {
      String end = "\r\n\r\n";
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a.test." + end)).contains(" 201 ");
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: b.test.:80" + end)).contains(" 201 ");
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: b.test." + end)).contains(" 404 ");
    }
  }

  @Test
  void runtimeDecidesFractionsAndWeights() throws Exception {
    try (Upstream one = Upstream.answering("1");
        Upstream two = Upstream.answering("2")) {
      String routes =
          direct(
                  "{prefix: /f, runtime_fraction: {default_value: {numerator: 100}, runtime_key:"
                      + " share}}",
                  201)
              + "{match: {prefix: /}, route: {weighted_clusters: {runtime_key_prefix: w, clusters:"
              + " [{name: one, weight: 100}, {name: two, weight: 0}]}}}";
      try (EngineUnderTest proxy =
              EngineUnderTest.of(
                  Yaml.routes(routes),
                  Configs.cluster("one", one.port()),
                  Configs.cluster("two", two.port()));
          Wire wire = proxy.connect()) {
        assertThat(status(wire, "/f", "")).isEqualTo("201");
        assertThat(wire.roundTrip(get("/", ""))).endsWith("1");
        proxy.engine.runtime().modify(0, Map.of("share", "0", "w.one", "0", "w.two", "5"));
        assertThat(status(wire, "/f", "")).isEqualTo("200");
        assertThat(wire.roundTrip(get("/", ""))).endsWith("2");
      }
    }
  }

  @Test
  void malformedActionsAreRefusedByField() {
    assertThat(
            route(
                "cluster: c, hash_policy: [{cookie: {name: 'a b'}}, {query_parameter: {}}, {}],"
                    + " internal_redirect_policy: {redirect_response_codes: [200]},"
                    + " request_mirror_policies: [{}], path_rewrite_policy: "
                    + REWRITE.formatted("/x")))
        .contains(
            "route.hash_policy[0].cookie.name",
            "route.hash_policy[1].query_parameter.name",
            "route.hash_policy[2]",
            "route.internal_redirect_policy.redirect_response_codes[0]",
            "route.request_mirror_policies[0]",
            "route.path_rewrite_policy.typed_config");
    assertThat(route("weighted_clusters: {clusters: [{name: a, cluster_header: b, weight: 1}]}"))
        .contains("route.weighted_clusters.clusters[0]");
  }

  private static String route(String action) {
    return Yaml.refused(Yaml.table("routes: [{match: {prefix: /}, route: {" + action + "}}]"));
  }
}
