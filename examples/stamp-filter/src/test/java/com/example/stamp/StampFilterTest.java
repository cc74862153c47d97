package com.example.stamp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.heddle.proxy.api.AsyncHttpClient.Failure;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The filter in memory. */
final class StampFilterTest {
  private static final String PLAIN = "{\"stamp\": \"SEEN\"}";
  private static final String ASKING =
      "{\"stamp\": \"SEEN\", \"ticket\": {\"cluster\": \"desk\", \"path\": \"/t\", \"timeout_ms\":"
          + " 200}}";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final StampFilterFactory factory = new StampFilterFactory();

  @Test
  void rewritesTheWholeRequest() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(PLAIN))) {
      harness.request("POST", "/");
      harness.requestData("hello ", false).requestData("world", true);
      assertThat(harness.forwarded()).isFalse();
      harness.advance(Duration.ZERO);
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.forwardedBody()).isEqualTo("SEEN hello world");
    }
    assertThat(context.stats().value("stamp.stamped")).isEqualTo(1);
  }

  @Test
  void holdsTheRequestUntilItsTicketHasCome() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(ASKING))) {
      harness.request("POST", "/", "x-ticket", "forged");
      harness.requestData("hello", true).advance(Duration.ZERO);
      assertThat(harness.calls()).hasSize(1);
      assertThat(harness.calls().getFirst().request().cluster()).isEqualTo("desk");
      assertThat(harness.forwarded()).isFalse();
      harness.calls().getFirst().respond(200, "T-1\n");
      assertThat(harness.forwardedBody()).isEqualTo("SEEN hello");
      assertThat(harness.requestHead().all(HeaderName.of("x-ticket"))).containsExactly("T-1");
    }
  }

  @Test
  void asksForTheTicketOfARequestWithoutBody() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(ASKING))) {
      harness.request("GET", "/", true);
      harness.advance(Duration.ZERO);
      harness.calls().getFirst().respond(200, "T-2");
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.forwardedBody()).isEmpty();
    }
  }

  @Test
  void refusesWithoutATicket() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (FilterHarness harness = FilterHarness.of(config(ASKING))) {
        harness.request("POST", "/");
        harness.requestData("hello", true).advance(Duration.ZERO);
        switch (i) {
          case 0 -> harness.calls().getFirst().fail(Failure.TIMEOUT);
          case 1 -> harness.calls().getFirst().respond(500, "T-1");
          default -> harness.calls().getFirst().respond(200, "two words");
        }
        assertThat(harness.reply()).map(LocalReply::status).contains(503);
        assertThat(harness.forwarded()).isFalse();
      }
    }
    assertThat(context.stats().value("stamp.refused")).isEqualTo(3);
  }

  @Test
  void isSafeWhenResetWhileSuspended() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(ASKING))) {
      harness.request("POST", "/");
      harness.requestData("hello", true).advance(Duration.ZERO);
      harness.reset();
      assertThat(harness.calls().getFirst().cancelled()).isTrue();
      harness.calls().getFirst().respond(200, "T-1");
      assertThat(harness.forwarded()).isFalse();
      assertThat(harness.reply()).isEmpty();
    }
    // Also before the call was made.
    try (FilterHarness harness = FilterHarness.of(config(ASKING))) {
      harness.request("POST", "/");
      harness.requestData("hello", true);
      harness.reset().advance(Duration.ZERO);
      assertThat(harness.calls()).isEmpty();
    }
  }

  @Test
  void changesTheResponseAsItStreams() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(PLAIN))) {
      harness.request("GET", "/", true);
      harness.response(200, "content-length", "10");
      assertThat(harness.responseHead().orElseThrow().contains(HeaderName.of("content-length")))
          .isFalse();
      harness.responseData("hello", false);
      assertThat(harness.sentBody()).isEqualTo("HELLO");
      harness.responseData("world", true);
      assertThat(harness.sentBody()).isEqualTo("HELLOWORLD SEEN");
      assertThat(harness.sentWhole()).isTrue();
    }
  }

  @Test
  void stampsBeforeTrailersAndLeavesCompressedBodiesAlone() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(PLAIN))) {
      harness.request("GET", "/", true);
      harness.response(200).responseData("a", false);
      Trailers trailers = harness.responseTrailers("x-sum", "1");
      assertThat(trailers.size()).isEqualTo(1);
      assertThat(harness.sentBody()).isEqualTo("A SEEN");
    }
    try (FilterHarness harness = FilterHarness.of(config(PLAIN))) {
      harness.request("GET", "/", true);
      harness.response(200, "content-encoding", "br").responseData("abc", true);
      assertThat(harness.sentBody()).isEqualTo("abc");
    }
  }

  @Test
  void aRouteHasItsOwnStamp() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(ASKING), factory.parseRoute(any("{\"stamp\": \"ROUTE\"}"), context))) {
      harness.request("POST", "/");
      harness.requestData("x", true).advance(Duration.ZERO);
      assertThat(harness.calls()).isEmpty();
      assertThat(harness.forwardedBody()).isEqualTo("ROUTE x");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|stamp",
        "{'stamp': 5}|stamp",
        "{'stamp': 'a b'}|stamp",
        "{'stamp': 'x', 'stmap': 'y'}|stmap",
        "{'stamp': 'x', 'ticket': 1}|ticket",
        "{'stamp': 'x', 'ticket': {'path': '/'}}|ticket.cluster",
        "{'stamp': 'x', 'ticket': {'cluster': 'c', 'path': 'x'}}|ticket.path",
        "{'stamp': 'x', 'ticket': {'cluster': 'c', 'path': '/', 'timeout_ms': 0}}|ticket.timeout_ms"
      },
      quoteCharacter = '"')
  void refusesByPath(String json, String field) {
    assertThatThrownBy(() -> config(json.replace('\'', '"')))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private HttpFilterConfig config(String json) throws FilterConfigException {
    return factory.parse(any(json), context);
  }

  private static Any any(String json) {
    Struct.Builder struct = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(json, struct);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(json, e);
    }
    return Any.newBuilder()
        .setTypeUrl(StampFilterFactory.TYPE_URL)
        .setValue(struct.build().toByteString())
        .build();
  }
}
