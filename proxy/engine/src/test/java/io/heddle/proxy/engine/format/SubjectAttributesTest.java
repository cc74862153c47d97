package io.heddle.proxy.engine.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.Attributes;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.StructValue;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each attribute, by Envoy's name and with Envoy's type. */
@SuppressWarnings("EnumOrdinal") // Bits of a set.
final class SubjectAttributesTest {
  private final Map<String, Object> known = new HashMap<>();
  private final Subject subject = answering(Subject.class, known);
  private final Attributes attributes = new SubjectAttributes(subject);

  /** Something that answers by the names of its methods, and has nothing else to say. */
  private static <T> T answering(Class<T> type, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              Object argument = arguments == null ? "" : "(" + arguments[0] + ")";
              Object answer = answers.get(method.getName() + argument);
              return answer != null ? answer : nothing(method.getReturnType());
            }));
  }

  private static @Nullable Object nothing(Class<?> type) {
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == List.class) {
      return List.of();
    }
    if (type == String.class) {
      return null;
    }
    if (type == int.class) {
      return 0;
    }
    if (type == boolean.class) {
      return false;
    }
    return type == long.class ? (Object) 0L : null;
  }

  private static <T extends HeaderMap> T headers(
      Class<T> type, Map<String, Object> pseudo, String... lines) {
    Map<String, Object> answers = new HashMap<>(pseudo);
    for (int i = 0; i < lines.length; i += 2) {
      answers.putIfAbsent("first(" + lines[i] + ")", Optional.of(lines[i + 1]));
      List<String> values = new java.util.ArrayList<>();
      for (int j = 0; j < lines.length; j += 2) {
        if (lines[j].equals(lines[i])) {
          values.add(lines[j + 1]);
        }
      }
      answers.put("all(" + lines[i] + ")", List.copyOf(values));
    }
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              if (method.getName().equals("forEach")) {
                for (int i = 0; i < lines.length; i += 2) {
                  ((HeaderMap.Visitor) arguments[0]).header(lines[i], lines[i + 1]);
                }
                return null;
              }
              Object argument = arguments == null ? "" : "(" + arguments[0] + ")";
              Object answer = answers.get(method.getName() + argument);
              return answer != null ? answer : nothing(method.getReturnType());
            }));
  }

  private void request(String path, String... lines) {
    known.put(
        "requestHead",
        headers(
            RequestHeaders.class,
            Map.of(
                "path",
                path,
                "authority",
                "shop",
                "scheme",
                "http",
                "method",
                "GET",
                "first(:path)",
                Optional.of(path)),
            lines));
  }

  private @Nullable Object value(String name) {
    int dot = name.indexOf('.');
    return attributes.value(name.substring(0, dot), name.substring(dot + 1)).orElse(null);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(@Nullable Object value) {
    assertThat(value).isInstanceOf(Map.class);
    return (Map<String, Object>) Objects.requireNonNull(value);
  }

  @Test
  void ofARequest() {
    request(
        "/a/b?c=d#e",
        "x-env",
        "prod",
        "x-env",
        "eu",
        "referer",
        "r",
        "user-agent",
        "u",
        "x-request-id",
        "i");
    known.put("startEpochNanos", 1_700_000_000_500_000_000L);
    known.put("durationNanos", 7_000L);
    known.put("bytesReceived", 5L);
    known.put("protocol", "HTTP/2");
    assertThat(value("request.path")).isEqualTo("/a/b?c=d#e");
    assertThat(value("request.url_path")).isEqualTo("/a/b");
    assertThat(value("request.query")).isEqualTo("c=d");
    assertThat(value("request.host")).isEqualTo("shop");
    assertThat(value("request.scheme")).isEqualTo("http");
    assertThat(value("request.method")).isEqualTo("GET");
    assertThat(value("request.referer")).isEqualTo("r");
    assertThat(value("request.useragent")).isEqualTo("u");
    assertThat(value("request.id")).isEqualTo("i");
    assertThat(value("request.protocol")).isEqualTo("HTTP/2");
    assertThat(value("request.time")).isEqualTo(Instant.ofEpochMilli(1_700_000_000_500L));
    assertThat(value("request.duration")).isEqualTo(Duration.ofNanos(7_000));
    assertThat(value("request.size")).isEqualTo(5L);
    long bytes = 2L * "x-env".length() + 6 + "referer".length() + 1 + "user-agent".length() + 1;
    bytes += "x-request-id".length() + 1;
    bytes += ":path".length() + 10 + ":method".length() + 3 + ":scheme".length() + 4;
    bytes += ":authority".length() + 4;
    assertThat(value("request.headers_bytes")).isEqualTo(bytes);
    assertThat(value("request.total_size")).isEqualTo(bytes + 5);
    assertThat(value("request.nothing")).isNull();
  }

  @Test
  void aQueryThatIsNotThereIsEmpty() {
    request("/a");
    assertThat(value("request.query")).isEqualTo("");
    assertThat(value("request.url_path")).isEqualTo("/a");
    assertThat(value("request.id")).isNull();
  }

  @Test
  void sizeIsWhatTheClientSaidOrWhatCame() {
    known.put("bytesReceived", 5L);
    request("/", "content-length", "70");
    assertThat(value("request.size")).isEqualTo(70L);
    request("/", "content-length", "x");
    assertThat(value("request.size")).isNull();
  }

  @Test
  void headersAreByNameAndJoined() {
    request("/", "host", "shop", "x-env", "prod", "x-env", "eu");
    Map<String, Object> headers = map(value("request.headers"));
    assertThat(headers.get("x-env")).isEqualTo("prod,eu");
    assertThat(headers.get("X-Env")).isEqualTo("prod,eu");
    assertThat(headers.get(":path")).isEqualTo("/");
    assertThat(headers.containsKey("x-none")).isFalse();
    assertThat(headers.get("not a name")).isNull();
    assertThat(headers).hasSize(5);
    assertThat(headers.keySet()).contains("x-env", ":path");
  }

  @Test
  void ofAResponse() {
    known.put("responseCode", 404);
    known.put("responseCodeDetails", "route_not_found");
    known.put("bytesSent", 3L);
    known.put(
        "flagBits",
        1 << ResponseFlag.NO_ROUTE_FOUND.ordinal()
            | 1 << ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION.ordinal());
    known.put("responseHead", headers(ResponseHeaders.class, Map.of(), "server", "s"));
    known.put("responseTrailers", headers(HeaderMap.class, Map.of(), "t", "u"));
    assertThat(value("response.code")).isEqualTo(404L);
    assertThat(value("response.code_details")).isEqualTo("route_not_found");
    assertThat(value("response.size")).isEqualTo(3L);
    assertThat(value("response.flags")).isEqualTo(1L << 8 | 1L << 14);
    assertThat(value("response.grpc_status")).isEqualTo(12L);
    assertThat(map(value("response.headers")).get("server")).isEqualTo("s");
    assertThat(map(value("response.headers"))).hasSize(2);
    assertThat(map(value("response.trailers"))).containsEntry("t", "u");
    long bytes = "server".length() + 1L + ":status".length() + 3;
    assertThat(value("response.headers_bytes")).isEqualTo(bytes);
    assertThat(value("response.total_size")).isEqualTo(bytes + 3 + 2);
  }

  @Test
  void beforeTheResponseThereIsNoCode() {
    assertThat(value("response.code")).isNull();
    assertThat(value("response.code_details")).isNull();
    assertThat(value("response.grpc_status")).isNull();
    assertThat(value("response.headers")).isEqualTo(Map.of());
    assertThat(value("response.headers_bytes")).isEqualTo(0L);
  }

  @Test
  void grpcStatusIsThatOfTheTrailers() {
    known.put("responseCode", 200);
    known.put("responseTrailers", headers(HeaderMap.class, Map.of(), "grpc-status", "7"));
    assertThat(value("response.grpc_status")).isEqualTo(7L);
    known.remove("responseTrailers");
    assertThat(value("response.grpc_status")).isEqualTo(2L);
  }

  @Test
  void ofAConnectionAndItsEnds() {
    CertificateInfo peer =
        answering(
            CertificateInfo.class,
            Map.of(
                "subject",
                "CN=client",
                "uriSans",
                List.of("spiffe://a", "spiffe://b"),
                "dnsSans",
                List.of("client.test"),
                "sha256",
                "ab12"));
    CertificateInfo local =
        answering(CertificateInfo.class, Map.of("subject", "CN=us", "uriSans", List.of()));
    TlsInfo tls =
        answering(
            TlsInfo.class,
            Map.of("version", "TLSv1.3", "peer", Optional.of(peer), "local", Optional.of(local)));
    InetAddress loopback = InetAddress.getLoopbackAddress();
    known.put(
        "connection",
        answering(
            ConnectionInfo.class,
            Map.of(
                "id",
                9L,
                "serverName",
                Optional.of("shop.test"),
                "tls",
                Optional.of(tls),
                "remoteAddress",
                new InetSocketAddress(loopback, 50),
                "localAddress",
                new InetSocketAddress(loopback, 80))));
    known.put("responseCodeDetails", "idle");
    assertThat(value("connection.id")).isEqualTo(9L);
    assertThat(value("connection.mtls")).isEqualTo(true);
    assertThat(value("connection.requested_server_name")).isEqualTo("shop.test");
    assertThat(value("connection.tls_version")).isEqualTo("TLSv1.3");
    assertThat(value("connection.subject_peer_certificate")).isEqualTo("CN=client");
    assertThat(value("connection.subject_local_certificate")).isEqualTo("CN=us");
    assertThat(value("connection.uri_san_peer_certificate")).isEqualTo("spiffe://a");
    assertThat(value("connection.uri_san_local_certificate")).isNull();
    assertThat(value("connection.dns_san_peer_certificate")).isEqualTo("client.test");
    assertThat(value("connection.sha256_peer_certificate_digest")).isEqualTo("ab12");
    assertThat(value("connection.termination_details")).isEqualTo("idle");
    assertThat(value("source.address")).isEqualTo("127.0.0.1:50");
    assertThat(value("source.port")).isEqualTo(50L);
    assertThat(value("destination.address")).isEqualTo("127.0.0.1:80");
    assertThat(value("destination.port")).isEqualTo(80L);
    assertThat(value("source.nothing")).isNull();
  }

  @Test
  void clearTextHasNoCertificates() {
    known.put("connection", answering(ConnectionInfo.class, Map.of("id", 1L)));
    assertThat(value("connection.mtls")).isEqualTo(false);
    assertThat(value("connection.transport_failure_reason")).isNull();
    known.put("downstreamFailure", "TLS_error");
    assertThat(value("connection.transport_failure_reason")).isEqualTo("TLS_error");
    assertThat(value("connection.requested_server_name")).isEqualTo("");
    assertThat(value("connection.tls_version")).isNull();
    assertThat(value("connection.subject_peer_certificate")).isNull();
  }

  @Test
  void ofTheListenerAndOfMetadataOfTheConfiguration() {
    known.put(
        "connection",
        answering(
            ConnectionInfo.class,
            Map.of(
                "filterChainName",
                Optional.of("chain"),
                "trafficDirection",
                ConnectionInfo.TrafficDirection.OUTBOUND)));
    assertThat(value("xds.filter_chain_name")).isEqualTo("chain");
    assertThat(value("xds.listener_direction")).isEqualTo(2L);
    assertThat(value("xds.route_metadata")).isNull();
    known.put("routeName", "");
    known.put("virtualHostName", "v");
    known.put("upstreamCluster", "c");
    for (String of : List.of("route", "virtualHost", "cluster")) {
      known.put(
          of + "Metadata(shop)", com.google.protobuf.Value.newBuilder().setStringValue(of).build());
    }
    for (String name : List.of("route", "virtual_host", "cluster")) {
      Map<String, Object> metadata = map(value("xds." + name + "_metadata"));
      assertThat(map(metadata.get("filter_metadata")).get("shop"))
          .isEqualTo(name.replace("_h", "H"));
      assertThat(map(metadata.get("filter_metadata")).get("other")).isNull();
    }
  }

  @Test
  void ofTheUpstreamAndTheConfiguration() {
    known.put("upstreamHost", "10.0.0.1:8080");
    known.put(
        "upstreamLocalAddress", new InetSocketAddress(InetAddress.getLoopbackAddress(), 3000));
    known.put("attempts", 2);
    known.put("upstreamTls", answering(TlsInfo.class, Map.of("version", "TLSv1.2")));
    known.put("upstreamCluster", "c");
    known.put("routeName", "r");
    known.put("virtualHostName", "v");
    assertThat(value("upstream.address")).isEqualTo("10.0.0.1:8080");
    assertThat(value("upstream.port")).isEqualTo(8080L);
    assertThat(value("upstream.local_address")).isEqualTo("127.0.0.1:3000");
    assertThat(value("upstream.request_attempt_count")).isEqualTo(2L);
    assertThat(value("upstream.transport_failure_reason")).isEqualTo("");
    assertThat(value("upstream.tls_version")).isEqualTo("TLSv1.2");
    assertThat(value("xds.cluster_name")).isEqualTo("c");
    assertThat(value("xds.route_name")).isEqualTo("r");
    assertThat(value("xds.virtual_host_name")).isEqualTo("v");
    known.put("upstreamFailure", "refused");
    assertThat(value("upstream.transport_failure_reason")).isEqualTo("refused");
    known.put("upstreamHost", "/run/host.sock");
    assertThat(value("upstream.port")).isNull();
  }

  @Test
  void withoutAnUpstreamNothingIsKnownOfIt() {
    assertThat(value("upstream.address")).isNull();
    assertThat(value("upstream.transport_failure_reason")).isNull();
    assertThat(value("xds.upstream_host_metadata")).isNull();
    assertThat(value("nosuch.thing")).isNull();
  }

  @Test
  void ofMetadataAndFilterState() {
    Value metadata =
        Value.newBuilder()
            .setStructValue(
                Struct.newBuilder()
                    .putFields("n", Value.newBuilder().setNumberValue(1.5).build())
                    .putFields("t", Value.newBuilder().setStringValue("x").build())
                    .putFields("b", Value.newBuilder().setBoolValue(true).build())
                    .putFields("z", Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build())
                    .putFields(
                        "l",
                        Value.newBuilder()
                            .setListValue(
                                ListValue.newBuilder()
                                    .addValues(Value.newBuilder().setStringValue("y")))
                            .build()))
            .build();
    known.put("metadata(ns)", metadata);
    known.put("hostMetadata(ns)", metadata);
    known.put("upstreamHost", "10.0.0.1:8080");
    known.put("filterStateText(key)", "state");
    Map<String, Object> plain = Map.of("n", 1.5, "t", "x", "b", true, "l", List.<Object>of("y"));
    assertThat(map(value("metadata.filter_metadata")).get("ns")).isEqualTo(plain);
    assertThat(map(value("metadata.filter_metadata")).get("other")).isNull();
    Map<String, Object> host = map(value("xds.upstream_host_metadata"));
    assertThat(map(host.get("filter_metadata")).get("ns")).isEqualTo(plain);
    assertThat(value("filter_state.key")).isEqualTo(ByteString.copyFromUtf8("state"));
    assertThat(value("filter_state.other")).isNull();
    assertThat(value("metadata.other")).isNull();
  }

  /** Its only expressions are attributes, and {@code =} with a value after it. */
  private static final class FakeLanguage implements ExpressionLanguage {
    final Map<String, Object> constants = new HashMap<>();

    @Override
    public Expression compile(String text) {
      if (constants.containsKey(text)) {
        return new FakeExpression(constants.get(text), text, "");
      }
      int dot = text.indexOf('.');
      if (dot < 0) {
        throw new IllegalArgumentException("\"" + text + "\" has no dot");
      }
      return new FakeExpression(null, text.substring(0, dot), text.substring(dot + 1));
    }

    @Override
    public Expression compileParsed(ByteString parsed) {
      return compile(parsed.toStringUtf8());
    }
  }

  private record FakeExpression(@Nullable Object constant, String root, String name)
      implements Expression {
    @Override
    public Optional<Object> evaluate(Attributes attributes) {
      return constant != null ? Optional.of(constant) : attributes.value(root, name);
    }

    @Override
    public Set<String> attributes() {
      return Set.of(root + "." + name);
    }
  }

  @Test
  void whatIsNotKnownIsRefusedByNameAndWhatHasNoValueIsCounted() {
    ScalarStat failed = new StatsRegistry(1).root().counter("without_value");
    CountedExpressions language = new CountedExpressions(new FakeLanguage(), failed);
    for (String name : List.of("xds.node", "upstream_filter_state.key", "upstream.locality")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> language.compile(name))
          .withMessageContaining(name);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> language.compileParsed(ByteString.copyFromUtf8(name)))
          .withMessageContaining(name);
    }
    Expression expression = language.compile("request.path");
    assertThat(expression.evaluate(attributes)).isEmpty();
    assertThat(failed.value()).isEqualTo(1);
    request("/a");
    assertThat(expression.evaluate(attributes)).contains("/a");
    assertThat(failed.value()).isEqualTo(1);
    assertThat(Expressions.holds(expression, subject)).isFalse();
  }

  private String text(FakeLanguage language, String pattern) {
    return Format.text(pattern, false, language).renderUtf8(subject);
  }

  @Test
  void formatsHaveExpressions() {
    request("/a");
    FakeLanguage language = new FakeLanguage();
    language.constants.put("f(g(1), ')')", 7L);
    assertThat(text(language, "a%CEL(request.path)%b %CEL(request.none)% %CEL(request.path):1%"))
        .isEqualTo("a/ab - /");
    assertThat(text(language, "%CEL(f(g(1), ')'))%|%TYPED_CEL(f(g(1), ')'))%")).isEqualTo("7|7");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text(language, "%CEL(nothing)%"))
        .withMessageContaining("%CEL()%: \"nothing\" has no dot");
    for (String wrong : List.of("%CEL%", "%CEL()%", "%CEL(request.path%", "%TYPED_CEL%")) {
      assertThatIllegalArgumentException().isThrownBy(() -> text(language, wrong));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Format.text("%CEL(request.path)%", false));
  }

  @Test
  void valuesAreWrittenAsEnvoyWritesThem() {
    written(true, "true", "true");
    written(7L, "7", "7");
    written((1L << 53) + 1, "9007199254740993", "9007199254740992");
    written(1.5, "1.5", "1.5");
    written("a\"b", "a\"b", "\"a\\\"b\"");
    written(NullValue.NULL_VALUE, "NULL", "null");
    written(ByteString.copyFromUtf8("ab"), "ab", "\"YWI=\"");
    written(
        Instant.parse("2024-05-06T07:08:09.5Z"),
        "2024-05-06T07:08:09.5+00:00",
        "\"2024-05-06T07:08:09.500Z\"");
    written(
        Instant.parse("2024-05-06T07:08:09Z"),
        "2024-05-06T07:08:09+00:00",
        "\"2024-05-06T07:08:09Z\"");
    written(Duration.ZERO, "0", "\"0s\"");
    written(Duration.ofNanos(1_500_000), "1.5ms", "\"0.001500s\"");
    written(Duration.ofNanos(1_005), "1.005us", "\"0.000001005s\"");
    written(Duration.ofNanos(7), "7ns", "\"0.000000007s\"");
    written(Duration.ofMillis(3_661_500), "1h1m1.5s", "\"3661.500s\"");
    written(Duration.ofHours(2), "2h", "\"7200s\"");
    written(Duration.ofMillis(-1500), "-1.5s", "\"-1.500s\"");
    written(List.of(1L, "a"), "CelList value", "[1,\"a\"]");
    written(Map.of("a", List.of()), "CelMap value", "{\"a\":[]}");
  }

  private void written(Object value, String asText, String asJson) {
    FakeLanguage language = new FakeLanguage();
    language.constants.put("value", value);
    assertThat(text(language, "%CEL(value)%")).isEqualTo(asText);
    Format json =
        Format.json(
            new StructValue.Fields(Map.of("v", new StructValue.Text("%TYPED_CEL(value)%"))),
            false,
            language);
    assertThat(json.renderUtf8(subject)).isEqualTo("{\"v\":" + asJson + "}\n");
  }
}
