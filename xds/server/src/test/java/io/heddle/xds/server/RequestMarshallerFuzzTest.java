package io.heddle.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends becomes a request within the limits or a refusal, never an exception. The
 * seeds are fixed so that a failure can be repeated.
 */
class RequestMarshallerFuzzTest {
  private static final Limits LIMITS =
      new Limits(8, 16, 2_048, 4, 256, 4, 4, Duration.ofSeconds(30), Duration.ofSeconds(5));

  private int served;
  private int refused;

  @Test
  void takesRandomBytes() {
    Random random = new Random(20261125);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(96)];
      random.nextBytes(bytes);
      parse(round % 2 == 0, bytes);
    }
    assertThat(refused).isPositive();
  }

  @Test
  void takesDamagedRequests() {
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      boolean delta = round % 2 == 0;
      byte[] bytes = (delta ? delta(random) : sotw(random)).toByteArray();
      for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      parse(delta, bytes);
    }
    assertThat(served).isGreaterThan(1_000);
    assertThat(refused).isGreaterThan(1_000);
  }

  @Test
  void refusesARequestBeyondItsBytesBeforeItIsParsed() {
    parse(false, new byte[LIMITS.maxRequestBytes() + 1]);
    assertThat(refused).isEqualTo(1);
  }

  private void parse(boolean delta, byte[] bytes) {
    Request request = new RequestMarshaller(delta, LIMITS).parse(new ByteArrayInputStream(bytes));
    switch (request) {
      case Request.Refused(io.grpc.Status status) -> {
        refused++;
        assertThat(status.isOk()).isFalse();
        return;
      }
      case Request.Sotw sotw -> {
        assertThat(delta).isFalse();
        within(sotw.common());
        sotw.names().forEach(RequestMarshallerFuzzTest::within);
      }
      case Request.Delta changes -> {
        assertThat(delta).isTrue();
        within(changes.common());
        changes.subscribe().forEach(RequestMarshallerFuzzTest::within);
        changes.unsubscribe().forEach(RequestMarshallerFuzzTest::within);
        changes.initialVersions().keySet().forEach(RequestMarshallerFuzzTest::within);
      }
    }
    served++;
  }

  private static void within(String name) {
    assertThat(name.length()).isBetween(1, LIMITS.maxNameLength());
  }

  private static void within(Request.Head common) {
    NodeInfo node = common.node();
    if (node != null) {
      assertThat(node.id().length() + node.cluster().length() + node.userAgent().length())
          .isLessThanOrEqualTo(LIMITS.maxNodeChars());
      assertThat(node.metadata().size()).isLessThanOrEqualTo(LIMITS.maxMetadataEntries());
    }
  }

  private static Message sotw(Random random) {
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(text(random, 64))
            .setVersionInfo(text(random, 8))
            .setResponseNonce(text(random, 8));
    for (int i = random.nextInt(4); i > 0; i--) {
      request.addResourceNames(text(random, 18));
    }
    if (random.nextBoolean()) {
      request.setNode(node(random));
    }
    if (random.nextBoolean()) {
      request.setErrorDetail(error(random));
    }
    return request.build();
  }

  private static Message delta(Random random) {
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(text(random, 64))
            .setResponseNonce(text(random, 8));
    for (int i = random.nextInt(3); i > 0; i--) {
      request.addResourceNamesSubscribe(text(random, 18));
      request.addResourceNamesUnsubscribe(text(random, 18));
      request.putInitialResourceVersions(text(random, 18), text(random, 18));
    }
    if (random.nextBoolean()) {
      request.setNode(node(random));
    }
    if (random.nextBoolean()) {
      request.setErrorDetail(error(random));
    }
    return request.build();
  }

  private static Node node(Random random) {
    Struct.Builder metadata = Struct.newBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      Value value =
          random.nextBoolean()
              ? Value.newBuilder().setStringValue(text(random, 40)).build()
              : Value.newBuilder().setNumberValue(random.nextDouble()).build();
      metadata.putFields(text(random, 20), value);
    }
    return Node.newBuilder()
        .setId(text(random, 100))
        .setCluster(text(random, 100))
        .setUserAgentName(text(random, 20))
        .setMetadata(metadata)
        .build();
  }

  private static Status error(Random random) {
    return Status.newBuilder()
        .setCode(random.nextInt())
        .setMessage(text(random, 200))
        .addDetails(Any.newBuilder().setTypeUrl(text(random, 30)))
        .build();
  }

  /** Of up to so many characters, some of them beyond ASCII. */
  private static String text(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.appendCodePoint(
          random.nextInt(8) == 0 ? 0x1F600 + random.nextInt(40) : 'a' + random.nextInt(26));
    }
    return text.toString();
  }
}
