package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Endpoint;
import io.heddle.contract.registration.v1.Health;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.control.app.ControlConfig.AccessMode;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** TLS and tokens on both ports, over sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AccessTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir static Path folder;
  private ControlPlane plane;
  private HttpClient http;
  private ManagedChannel channel;
  private String operator;

  private record Reply(int status, JsonNode body) {}

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  }

  private static Path state() {
    return folder.resolve("state");
  }

  private static ControlConfig config(AccessMode mode) {
    Duration second = Duration.ofSeconds(1);
    return new ControlConfig(
        state(), loopback(), loopback(), second, second, mode, Optional.empty(), Optional.empty());
  }

  @BeforeAll
  void start() throws Exception {
    plane = ControlPlane.start(config(AccessMode.TOKEN));
    operator = Files.readString(state().resolve("operator.token")).strip();
    connect();
  }

  private void connect() throws Exception {
    Path ca = state().resolve("tls/ca.pem");
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(ca)) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    http = HttpClient.newBuilder().sslContext(context).build();
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", plane.xdsPort())
            .sslContext(GrpcSslContexts.forClient().trustManager(trust).build())
            .build();
  }

  @AfterAll
  void stop() {
    channel.shutdownNow();
    http.close();
    plane.close();
  }

  private Reply ask(String method, String path, String body, String token) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + plane.apiPort() + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("authorization", "Bearer " + token);
    }
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Reply(answer.statusCode(), MAPPER.readTree(answer.body()));
  }

  private String token(String name, String role, String service) throws Exception {
    Reply made =
        ask(
            "POST",
            "/api/v1/tokens",
            "{\"name\":\"%s\",\"role\":\"%s\",\"service\":\"%s\"}".formatted(name, role, service),
            operator);
    assertThat(made.status()).as(made.body().toString()).isEqualTo(200);
    return made.body().path("token").asText();
  }

  private static String service(String name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n"
        .formatted(name);
  }

  @Test
  void letsNobodyInWithoutARightToken() throws Exception {
    Reply none = ask("GET", "/api/v1/status", "", "");
    assertThat(none.status()).isEqualTo(401);
    assertThat(none.body().at("/errors/0/code").asText()).isEqualTo("HDL-1009");
    assertThat(ask("GET", "/api/v1/status", "", "hdl_wrong").status()).isEqualTo(401);
    assertThat(ask("GET", "/api/v1/status", "", operator).status()).isEqualTo(200);
  }

  @Test
  void letsEachRoleDoItsPart() throws Exception {
    String view = token("v", "view", "");
    String edit = token("e", "edit", "");
    String proxy = token("p", "proxy", "web");
    assertThat(ask("GET", "/api/v1/services", "", view).status()).isEqualTo(200);
    Reply refused = ask("POST", "/api/v1/apply", service("a"), view);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body().at("/errors/0/message").asText()).contains("view", "edit");
    assertThat(ask("POST", "/api/v1/apply", service("a"), edit).status()).isEqualTo(200);
    assertThat(ask("GET", "/api/v1/tokens", "", edit).status()).isEqualTo(403);
    assertThat(ask("GET", "/api/v1/status", "", proxy).status()).isEqualTo(403);
    JsonNode write =
        ask("GET", "/api/v1/history?name=a&limit=1", "", view).body().at("/revisions/0");
    assertThat(write.path("who").asText()).isEqualTo("e");
    assertThat(write.path("from").asText()).isEqualTo("127.0.0.1");
    Reply list = ask("GET", "/api/v1/tokens", "", operator);
    assertThat(list.body().toString()).contains("\"p\"", "default/web").doesNotContain("hdl_");
    assertThat(
            ask("POST", "/api/v1/tokens", "{\"name\":\"v\",\"role\":\"view\"}", operator).status())
        .isEqualTo(409);
    assertThat(
            ask("POST", "/api/v1/tokens", "{\"name\":\"x\",\"role\":\"king\"}", operator).status())
        .isEqualTo(400);
  }

  @Test
  void refusesARevokedToken() throws Exception {
    String secret = token("short", "view", "");
    assertThat(ask("GET", "/api/v1/status", "", secret).status()).isEqualTo(200);
    assertThat(ask("DELETE", "/api/v1/tokens/short", "", operator).status()).isEqualTo(200);
    assertThat(ask("GET", "/api/v1/status", "", secret).status()).isEqualTo(401);
    assertThat(ask("DELETE", "/api/v1/tokens/short", "", operator).status()).isEqualTo(404);
  }

  /** What a stream was answered, and how it ended. */
  private static final class Answers<T> implements StreamObserver<T> {
    final BlockingQueue<T> all = new LinkedBlockingQueue<>();
    volatile Status end = Status.UNKNOWN;

    @Override
    public void onNext(T answer) {
      all.add(answer);
    }

    @Override
    public void onError(Throwable failure) {
      end = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      end = Status.OK;
    }

    void endsWith(Status.Code code) {
      await().atMost(Duration.ofSeconds(10)).until(() -> end.getCode() == code);
    }

    void isAnswered() {
      await().atMost(Duration.ofSeconds(10)).until(() -> !all.isEmpty());
    }
  }

  private static Metadata bearer(String token) {
    Metadata headers = new Metadata();
    if (!token.isEmpty()) {
      headers.put(AUTHORIZATION, "Bearer " + token);
    }
    return headers;
  }

  private Answers<DeltaDiscoveryResponse> discover(String token, String service) {
    Answers<DeltaDiscoveryResponse> answers = new Answers<>();
    Struct.Builder metadata = Struct.newBuilder();
    Map.of(
            "HEDDLE_KIND", "sidecar",
            "HEDDLE_SERVICE", service,
            "HEDDLE_INSTANCE", service + "-1",
            "HEDDLE_INBOUND", "127.0.0.1:15006",
            "HEDDLE_OUTBOUND", "127.0.0.1:15001",
            "HEDDLE_APP", "127.0.0.1:8080")
        .forEach((key, value) ->
            metadata.putFields(key, Value.newBuilder().setStringValue(value).build()));
    AggregatedDiscoveryServiceGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer(token)))
        .deltaAggregatedResources(answers)
        .onNext(
            DeltaDiscoveryRequest.newBuilder()
                .setNode(Node.newBuilder().setId(service).setMetadata(metadata))
                .setTypeUrl(ResourceType.LISTENER.typeUrl())
                .build());
    return answers;
  }

  private Answers<RegisterResponse> register(String token, String service) {
    Answers<RegisterResponse> answers = new Answers<>();
    RegistrationGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer(token)))
        .register(answers)
        .onNext(
            RegisterRequest.newBuilder()
                .setAnnounce(
                    Announce.newBuilder()
                        .setService(service)
                        .setInstance(service + "-1")
                        .setInbound(Endpoint.newBuilder().setAddress("127.0.0.1").setPort(9001))
                        .setAppPort(8080)
                        .setHealth(Health.newBuilder().setState(Health.State.STATE_HEALTHY)))
                .build());
    return answers;
  }

  @Test
  void servesAProxyOnlyAsTheServiceThatItsTokenIsFor() throws Exception {
    String own = token("orders-proxy", "proxy", "default/orders");
    Answers<DeltaDiscoveryResponse> right = discover(own, "orders");
    right.isAnswered();
    discover(own, "web").endsWith(Status.Code.PERMISSION_DENIED);
    discover("", "orders").endsWith(Status.Code.UNAUTHENTICATED);
    discover(operator, "orders").endsWith(Status.Code.PERMISSION_DENIED);

    Answers<RegisterResponse> registered = register(own, "orders");
    registered.isAnswered();
    assertThat(registered.all.peek().hasGranted()).isTrue();
    Answers<RegisterResponse> stranger = register(own, "web");
    stranger.isAnswered();
    assertThat(stranger.all.peek().getRefused().getCode()).isEqualTo("forbidden");
    assertThat(stranger.all.peek().getRefused().getMessage()).contains("default/orders");
    register("", "orders").endsWith(Status.Code.UNAUTHENTICATED);

    assertThat(ask("DELETE", "/api/v1/tokens/orders-proxy", "", operator).status()).isEqualTo(200);
    right.endsWith(Status.Code.UNAUTHENTICATED);
    registered.endsWith(Status.Code.UNAUTHENTICATED);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThat(ask("GET", "/api/v1/status", "", operator).body().path("services"))
                .as("its lease ran out")
                .noneMatch(each ->
                    each.path("name").asText().equals("orders")
                        && !each.path("instances").isEmpty()));
  }

  @Test
  void keepsItsKeysForItsOwnerAndItsAuthorityOverAStart(@TempDir Path other) throws Exception {
    for (String key : List.of("tls/ca.key", "tls/server.key", "operator.token", "tokens.json")) {
      assertThat(Files.getPosixFilePermissions(state().resolve(key)))
          .as(key)
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    Duration second = Duration.ofSeconds(1);
    ControlConfig config =
        new ControlConfig(
            other,
            loopback(),
            loopback(),
            second,
            second,
            AccessMode.TOKEN,
            Optional.empty(),
            Optional.empty());
    ControlPlane.start(config).close();
    String authority = Files.readString(other.resolve("tls/ca.pem"));
    String first = Files.readString(other.resolve("operator.token"));
    ControlPlane.start(config).close();
    assertThat(Files.readString(other.resolve("tls/ca.pem"))).isEqualTo(authority);
    assertThat(Files.readString(other.resolve("operator.token"))).isEqualTo(first);

    Files.delete(other.resolve("tls/ca.key"));
    assertThat(failure(config)).contains("ca.key", "backup");
    Files.writeString(other.resolve("tokens.json"), "nonsense");
    assertThat(failure(config)).contains("tokens.json", "damaged");
  }

  private static String failure(ControlConfig config) {
    try (ControlPlane started = ControlPlane.start(config)) {
      return "started on " + started.apiPort();
    } catch (StartFailure e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void refusesToBeOpenToOtherMachines() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ControlOptions.parse(List.of("--access", "open", "--api-address", "0.0.0.0:0")))
        .withMessageContaining("--access")
        .withMessageContaining("0.0.0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ControlOptions.parse(List.of("--access=ajar")))
        .withMessageContaining("ajar");
    ControlConfig wide = ControlOptions.parse(List.of("--xds-address", "0.0.0.0:0")).orElseThrow();
    assertThat(wide.open(wide.apiAddress())).isTrue();
    assertThat(wide.open(wide.xdsAddress())).isFalse();
    assertThat(wide.secured()).isTrue();
  }

  @Test
  void boundsWrongTokensAnAddress() throws IOException {
    Tokens tokens = Tokens.open(folder.resolve("none.json"), java.time.Clock.systemUTC());
    Access access =
        new Access(false, tokens, new RateLimit(() -> 0, 1, 1), new RateLimit(() -> 0, 1, 2));
    assertThat(access.of("", "10.0.0.1")).isInstanceOf(Access.Refused.class);
    assertThat(access.of("Bearer x", "10.0.0.1"))
        .isEqualTo(
            new Access.Refused(
                401, "the token is unknown, or was revoked (expected: one that is not)"));
    assertThat(access.of("Bearer x", "10.0.0.1"))
        .isInstanceOfSatisfying(
            Access.Refused.class, refused -> assertThat(refused.status()).isEqualTo(429));
    assertThat(access.of("Bearer x", "10.0.0.2"))
        .isInstanceOfSatisfying(
            Access.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
  }
}
