package io.heddle.xds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class RestFeedTest {
  private static final Duration DELAY = Duration.ofSeconds(2);

  /** A question that has no answer yet. */
  private record Asked(String path, String json, CompletableFuture<RestFeed.Answer> answer) {}

  private final ManualScheduler scheduler = new ManualScheduler();
  private final RecordingSink sink = new RecordingSink();
  private final List<Asked> asked = new ArrayList<>();
  private final RestFeed feed =
      new RestFeed(
          ResourceType.CLUSTER,
          new SourceConfig.Origin.Rest("control", DELAY, Duration.ofSeconds(1)),
          Fixture.NODE,
          sink,
          ClientLimits.DEFAULT,
          ParseOptions.LENIENT,
          scheduler,
          new Random(7),
          this::post);

  private CompletionStage<RestFeed.Answer> post(
      String cluster, String path, String json, Duration timeout) {
    assertThat(cluster).isEqualTo("control");
    Asked question = new Asked(path, json, new CompletableFuture<>());
    asked.add(question);
    return question.answer();
  }

  private void answer(int status, String body) {
    asked.getLast().answer().complete(new RestFeed.Answer(status, body));
    scheduler.settle();
  }

  private static String clusters(String version, String... names) {
    StringBuilder out =
        new StringBuilder("{\"version_info\": \"" + version + "\", \"resources\": [");
    for (int i = 0; i < names.length; i++) {
      out.append(i == 0 ? "" : ", ")
          .append("{\"@type\": \"type.googleapis.com/envoy.config.cluster.v3.Cluster\",")
          .append("\"name\": \"")
          .append(names[i])
          .append(
              "\", \"type\": \"EDS\", \"eds_cluster_config\": {\"eds_config\": {\"ads\": {}}}}");
    }
    return out.append("]}").toString();
  }

  private void start() {
    feed.subscribe(Set.of(XdsClient.WILDCARD));
    feed.start();
    scheduler.settle();
  }

  @Test
  void asksAndAsksAgainAfterTheDelayWithTheVersionItHas() {
    start();
    assertThat(asked).hasSize(1);
    assertThat(asked.getFirst().path()).isEqualTo("/v3/discovery:clusters");
    assertThat(asked.getFirst().json())
        .contains("\"id\":\"sidecar~default~web-1\"")
        .doesNotContain("resourceNames");
    answer(200, clusters("v1", "orders"));
    assertThat(feed.accepted().of(ResourceType.CLUSTER))
        .extracting(ReceivedResource::name)
        .containsExactly("orders");
    assertThat(asked).hasSize(1);
    scheduler.advance(DELAY.multipliedBy(2));
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast().json()).contains("\"versionInfo\":\"v1\"");
  }

  @Test
  void whatAnAnswerLeavesOutIsGone() {
    start();
    answer(200, clusters("v1", "orders", "users"));
    scheduler.advance(DELAY.multipliedBy(2));
    answer(200, clusters("v2", "users"));
    assertThat(sink.updates.getLast().removed()).containsExactly("orders");
  }

  @Test
  void notModifiedChangesNothing() {
    start();
    answer(200, clusters("v1", "orders"));
    int updates = sink.updates.size();
    scheduler.advance(DELAY.multipliedBy(2));
    answer(304, "");
    assertThat(sink.updates).hasSize(updates);
    assertThat(feed.stats().updateFailure(ResourceType.CLUSTER)).isZero();
  }

  @Test
  void failuresAreCountedAndAskedAfter() {
    start();
    answer(503, "");
    scheduler.advance(DELAY.multipliedBy(2));
    asked.getLast().answer().completeExceptionally(new IOException("TIMEOUT"));
    scheduler.settle();
    scheduler.advance(DELAY.multipliedBy(2));
    assertThat(asked).hasSize(3);
    assertThat(feed.stats().updateFailure(ResourceType.CLUSTER)).isEqualTo(2);
    answer(200, "no JSON: [");
    assertThat(feed.stats().updateRejected(ResourceType.CLUSTER)).isEqualTo(1);
    assertThat(sink.updates).isEmpty();
  }

  @Test
  void oneBadResourceIsRefusedAndTheOthersApply() {
    start();
    answer(
        200,
        "{\"version_info\": \"v\", \"resources\": ["
            + "{\"@type\": \"type.googleapis.com/envoy.config.cluster.v3.Cluster\","
            + " \"name\": \"bad\", \"connect_timeout\": [1]},"
            + clusters("v", "good").split("\\[", 2)[1]);
    assertThat(feed.accepted().of(ResourceType.CLUSTER))
        .extracting(ReceivedResource::name)
        .containsExactly("good");
    assertThat(feed.stats().updateRejected(ResourceType.CLUSTER)).isEqualTo(1);
  }

  @Test
  void aNewNameDoesNotWaitForTheNextPoll() {
    start();
    answer(200, clusters("v1", "orders"));
    feed.subscribe(Set.of("orders", "users"));
    scheduler.settle();
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast().json())
        .contains("\"resourceNames\":[\"orders\",\"users\"]")
        .doesNotContain("versionInfo");
  }

  @Test
  void aNameThatCameWhileAskingIsAskedForWithoutAVersion() {
    start();
    feed.subscribe(Set.of("orders", "users"));
    scheduler.settle();
    assertThat(asked).hasSize(1);
    answer(200, clusters("v1", "orders"));
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast().json()).contains("users").doesNotContain("versionInfo");
  }

  @Test
  void endsForGood() {
    start();
    feed.end();
    answer(200, clusters("v1", "orders"));
    scheduler.advance(DELAY.multipliedBy(4));
    assertThat(asked).hasSize(1);
    assertThat(sink.updates).isEmpty();
  }
}
