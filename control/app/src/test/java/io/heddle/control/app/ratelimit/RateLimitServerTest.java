package io.heddle.control.app.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.heddle.control.app.ratelimit.RateLimitServerConfig.StoreFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RateLimitServerTest {
  private static final Metadata.Key<String> LEASE =
      Metadata.Key.of("x-heddle-lease", Metadata.ASCII_STRING_MARSHALLER);

  private static final String RULES =
      """
      domain: shop
      descriptors:
      - key: user
        rate_limit: {unit: hour, requests_per_unit: 100, name: per user}
      - key: user
        value: ann
        rate_limit: {unit: hour, requests_per_unit: 2}
      - key: user
        value: bob
        shadow_mode: true
        rate_limit: {unit: hour, requests_per_unit: 0}
      """;

  @TempDir Path folder;

  private RateLimitServer start() throws IOException {
    return start(StoreFailure.ERROR, () -> new EmbeddedCounters(InstantSource.system()));
  }

  private RateLimitServer start(StoreFailure onFailure, Supplier<Counters> counters)
      throws IOException {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(rules, RULES);
    return RateLimitServer.start(
        new RateLimitServerConfig(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            List.of(rules),
            Optional.empty(),
            Duration.ofMillis(50),
            onFailure),
        counters);
  }

  /** A client of a server. */
  private static final class Client implements AutoCloseable {
    private final ManagedChannel channel;

    Client(RateLimitServer server) {
      channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port())
              .usePlaintext()
              .directExecutor()
              .build();
    }

    RateLimitServiceGrpc.RateLimitServiceBlockingStub stub() {
      return RateLimitServiceGrpc.newBlockingStub(channel);
    }

    RateLimitResponse ask(String request) {
      return stub().shouldRateLimit(request(request));
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  private static RateLimitRequest request(String text) {
    RateLimitRequest.Builder builder = RateLimitRequest.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return builder.build();
  }

  private static String user(String name) {
    return "descriptors { entries { key: 'user' value: '" + name + "' } } ";
  }

  @Test
  void eachDescriptorIsCountedAndOneThatIsOverIsEnough() throws Exception {
    try (RateLimitServer server = start();
        Client client = new Client(server)) {
      RateLimitResponse first = client.ask("domain: 'shop' " + user("ann") + user("cid"));
      assertThat(first.getOverallCode()).isEqualTo(Code.OK);
      DescriptorStatus cid = first.getStatuses(1);
      assertThat(cid.getCode()).isEqualTo(Code.OK);
      assertThat(cid.getLimitRemaining()).isEqualTo(99);
      assertThat(cid.getCurrentLimit().getName()).isEqualTo("per user");
      assertThat(cid.getCurrentLimit().getUnit()).isEqualTo(RateLimitResponse.RateLimit.Unit.HOUR);
      assertThat(cid.getDurationUntilReset().getSeconds()).isBetween(0L, 3_600L);
      assertThat(cid.hasQuota()).isFalse();
      assertThat(client.ask("domain: 'shop' " + user("ann")).getOverallCode()).isEqualTo(Code.OK);
      RateLimitResponse third = client.ask("domain: 'shop' " + user("ann") + user("cid"));
      assertThat(third.getOverallCode()).isEqualTo(Code.OVER_LIMIT);
      assertThat(third.getStatusesList())
          .extracting(DescriptorStatus::getCode)
          .containsExactly(Code.OVER_LIMIT, Code.OK);
    }
  }

  @Test
  void hitsAndOverridesOfTheRequestCount() throws Exception {
    try (RateLimitServer server = start();
        Client client = new Client(server)) {
      assertThat(client.ask("domain: 'shop' hits_addend: 60 " + user("cid")).getOverallCode())
          .isEqualTo(Code.OK);
      assertThat(client.ask("domain: 'shop' hits_addend: 60 " + user("cid")).getOverallCode())
          .isEqualTo(Code.OVER_LIMIT);
      String own =
          "domain: 'shop' descriptors { entries { key: 'x' value: 'y' } limit { requests_per_unit:"
              + " 1 unit: DAY } hits_addend { value: 1 } }";
      assertThat(client.ask(own).getOverallCode()).isEqualTo(Code.OK);
      assertThat(client.ask(own).getOverallCode()).isEqualTo(Code.OVER_LIMIT);
    }
  }

  @Test
  void whatHasNoLimitAndWhatIsOnlyWatchedPasses() throws Exception {
    try (RateLimitServer server = start();
        Client client = new Client(server)) {
      RateLimitResponse none =
          client.ask("domain: 'other' " + user("ann") + " descriptors { entries { key: 'k' } }");
      assertThat(none.getOverallCode()).isEqualTo(Code.OK);
      assertThat(none.getStatuses(0).hasCurrentLimit()).isFalse();
      RateLimitResponse watched = client.ask("domain: 'shop' " + user("bob"));
      assertThat(watched.getOverallCode()).isEqualTo(Code.OK);
      assertThat(watched.getStatuses(0).getLimitRemaining()).isZero();
    }
  }

  @Test
  void whoAsksForALeaseGetsOneAndHearsHowLongItHolds() throws Exception {
    try (RateLimitServer server = start();
        Client client = new Client(server)) {
      Metadata wanted = new Metadata();
      wanted.put(LEASE, "7");
      AtomicReference<Metadata> headers = new AtomicReference<>();
      RateLimitResponse lent =
          client
              .stub()
              .withInterceptors(
                  MetadataUtils.newAttachHeadersInterceptor(wanted),
                  MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
              .shouldRateLimit(request("domain: 'shop' " + user("cid")));
      assertThat(lent.getStatuses(0).getQuota().getRequests()).isEqualTo(7);
      assertThat(lent.getStatuses(0).getQuota().hasValidUntil()).isTrue();
      assertThat(lent.getStatuses(0).getLimitRemaining()).isEqualTo(92);
      assertThat(Objects.requireNonNull(headers.get()).get(LEASE)).isEqualTo("100");
    }
  }

  @Test
  void aQuestionWithoutDomainOrDescriptorIsRefused() throws Exception {
    try (RateLimitServer server = start();
        Client client = new Client(server)) {
      for (String request : List.of("domain: 'shop'", user("ann"))) {
        assertThatThrownBy(() -> client.ask(request))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
      }
    }
  }

  /** Counters that cannot be reached. */
  private static final class NoCounters implements Counters {
    @Override
    public CompletionStage<List<Taken>> take(List<Ask> asks) {
      return CompletableFuture.failedFuture(new IllegalStateException("away"));
    }

    @Override
    public void close() {}
  }

  @Test
  void withoutCountersItAnswersAsItWasTold() throws Exception {
    for (StoreFailure failure : StoreFailure.values()) {
      try (RateLimitServer server = start(failure, NoCounters::new);
          Client client = new Client(server)) {
        String code;
        try {
          RateLimitResponse response =
              client.ask("domain: 'shop' " + user("ann") + " descriptors { entries { key: 'x' } }");
          code = response.getOverallCode().name();
          assertThat(response.getStatuses(1).getCode()).isEqualTo(Code.OK);
        } catch (StatusRuntimeException error) {
          code = error.getStatus().getCode().name();
        }
        assertThat(code)
            .isEqualTo(
                switch (failure) {
                  case ERROR -> "UNAVAILABLE";
                  case ALLOW -> "OK";
                  case DENY -> "OVER_LIMIT";
                });
      }
    }
  }

  @Test
  void rulesAreReadAgainAndBadOnesLeaveThoseBefore() throws Exception {
    Path file = folder.resolve("rules.yaml");
    Files.writeString(file, RULES);
    RulesFiles files = new RulesFiles(List.of(folder));
    assertThat(files.rules().domains()).containsOnlyKeys("shop");
    Files.writeString(file, RULES.replace("shop", "market"));
    files.look();
    assertThat(files.rules().domains()).containsOnlyKeys("market");
    Files.writeString(file, "domain: [");
    files.look();
    assertThat(files.rules().domains()).containsOnlyKeys("market");
  }

  @Test
  void itDoesNotStartWithBadRulesOrWithoutAny() throws Exception {
    Path file = folder.resolve("bad.yaml");
    RateLimitServerConfig config =
        new RateLimitServerConfig(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            List.of(file),
            Optional.empty(),
            Duration.ofMillis(50),
            StoreFailure.ERROR);
    assertThatThrownBy(() -> RateLimitServer.start(config)).isInstanceOf(IOException.class);
    Files.writeString(file, "domain: shop\ndescriptors: 3\n");
    assertThatThrownBy(() -> RateLimitServer.start(config))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("descriptors: 3 (expected: a list)");
  }
}
