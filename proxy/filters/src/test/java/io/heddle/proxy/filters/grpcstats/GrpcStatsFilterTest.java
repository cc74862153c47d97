package io.heddle.proxy.filters.grpcstats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GrpcStatsFilterTest {
  private static final String AT = "server.cluster.service.grpc.";
  private static final String LISTED =
      "individual_method_stats_allowlist { services { name: 'a.B' method_names: 'C' } }";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final GrpcStatsFilterFactory factory = new GrpcStatsFilterFactory();

  @BeforeEach
  void cluster() {
    context.server().membership("service", new ServerView.Membership(1, 1, 0));
  }

  private HttpFilterConfig config(String text) throws Exception {
    return factory.parse(Any.pack(TextFormat.parse(text, FilterConfig.class)), context);
  }

  private static String message(String content) {
    return "\0\0\0\0" + (char) content.length() + content;
  }

  private static void call(FilterHarness harness, String path, String status) {
    harness.request("POST", path, "content-type", "application/grpc+proto");
    harness.requestData(message("one") + message("") + message("th"), true);
    harness.response(200, "content-type", "application/grpc");
    harness.responseData(message("yes"), false);
    var _ = harness.responseTrailers("grpc-status", status);
  }

  private Map<String, Long> after(String config, String path, String status) throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(config))) {
      call(harness, path, status);
    }
    return context.stats().all();
  }

  @Test
  void allMethodsCountTogetherUnlessToldOtherwise() throws Exception {
    assertThat(after("", "/a.B/C", "0"))
        .containsEntry(AT + "0", 1L)
        .containsEntry(AT + "success", 1L)
        .containsEntry(AT + "failure", 0L)
        .containsEntry(AT + "total", 1L)
        .containsEntry(AT + "request_message_count", 3L)
        .containsEntry(AT + "response_message_count", 1L)
        .hasSize(6);
  }

  @Test
  void listedMethodsCountByThemselvesAndTheOthersTogether() throws Exception {
    assertThat(after(LISTED, "/a.B/C", "5"))
        .containsEntry(AT + "a.B.C.5", 1L)
        .containsEntry(AT + "a.B.C.failure", 1L)
        .doesNotContainKey(AT + "total");
    assertThat(after(LISTED, "/a.B/Other", "0")).containsEntry(AT + "total", 1L);
  }

  @Test
  void everyMethodCountsByItselfWhereItIsToldTo() throws Exception {
    assertThat(after("stats_for_all_methods { value: true }", "/a.B/C?q", "0"))
        .containsEntry(AT + "a.B.C.total", 1L);
    String dots = "stats_for_all_methods { value: true } replace_dots_in_grpc_service_name: true";
    assertThat(after(dots, "/a.B/D", "0")).containsEntry(AT + "a_B.D.total", 1L);
    assertThat(after(dots, "/no-method", "0").keySet()).noneMatch(name -> name.contains("no-"));
  }

  @Test
  void moreMethodsThanThereIsRoomForShareOneSet() throws Exception {
    HttpFilterConfig config = config("stats_for_all_methods { value: true }");
    for (int i = 0; i < MethodTable.MOST + 3; i++) {
      try (FilterHarness harness = FilterHarness.of(config)) {
        call(harness, "/a.B/M" + i, "0");
      }
    }
    assertThat(context.stats().value(AT + "a.B.M0.total")).isOne();
    assertThat(context.stats().value(AT + "total")).isEqualTo(3);
  }

  @Test
  void trailersOnlyAndStrangeStatusesCount() throws Exception {
    HttpFilterConfig config = config("");
    for (String status : new String[] {"14", "17", "x", "-1"}) {
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("POST", "/a.B/C", true, "content-type", "application/grpc");
        harness.wholeResponse(200, "content-type", "application/grpc", "grpc-status", status);
      }
    }
    assertThat(context.stats().all())
        .containsEntry(AT + "14", 1L)
        .containsEntry(AT + "failure", 4L)
        .doesNotContainKeys(AT + "17", AT + "x", AT + "-1");
  }

  @Test
  void otherRequestsAndClustersThatDoNotExistAreLeftAlone() throws Exception {
    HttpFilterConfig config = config("");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("POST", "/a.B/C", true, "content-type", "application/grpc-web");
      harness.wholeResponse(200, "grpc-status", "0");
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.context().cluster("made up");
      call(harness, "/a.B/C", "0");
    }
    assertThat(context.stats().all()).isEmpty();
  }

  @Test
  void countsGoIntoTheFilterStateWhereItIsToldTo() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config("emit_filter_state: true"))) {
      call(harness, "/a.B/C", "0");
      assertThat(harness.context().filterState().text("envoy.filters.http.grpc_stats"))
          .contains("3,1");
    }
    try (FilterHarness harness = FilterHarness.of(config(""))) {
      call(harness, "/a.B/C", "0");
      assertThat(harness.context().filterState().text("envoy.filters.http.grpc_stats")).isEmpty();
    }
  }

  @Test
  void aMessageCountsOnceHoweverItIsCut() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      StringBuilder all = new StringBuilder();
      int messages = random.nextInt(6);
      for (int i = 0; i < messages; i++) {
        all.append(message("m".repeat(random.nextInt(20))));
      }
      MessageCounter counter = new MessageCounter();
      int seen = 0;
      for (int at = 0; at < all.length(); ) {
        int to = Math.min(all.length(), at + 1 + random.nextInt(12));
        ByteBuf piece = Unpooled.copiedBuffer(all.substring(at, to), StandardCharsets.ISO_8859_1);
        seen += counter.count(piece);
        assertThat(piece.readableBytes()).isEqualTo(to - at);
        at = to;
      }
      assertThat(seen).isEqualTo(messages);
    }
  }

  @Test
  void malformedListsAreRefusedByTheirField() {
    assertThatThrownBy(() -> config("individual_method_stats_allowlist { services { name: 'a' } }"))
        .hasMessageContaining("individual_method_stats_allowlist.services[0].method_names");
    assertThatThrownBy(
            () -> config("individual_method_stats_allowlist { services { method_names: 'a' } }"))
        .hasMessageContaining("individual_method_stats_allowlist.services[0].name");
  }
}
