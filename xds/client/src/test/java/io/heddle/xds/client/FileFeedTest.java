package io.heddle.xds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFeedTest {
  @TempDir Path folder;
  private final ManualScheduler scheduler = new ManualScheduler();
  private final RecordingSink sink = new RecordingSink();
  private @Nullable Runnable changed;

  private FileFeed feed(String name) {
    FileFeed feed =
        new FileFeed(
            ResourceType.ENDPOINTS,
            new SourceConfig.Origin.File(folder.resolve(name).toString(), ""),
            sink,
            ClientLimits.DEFAULT,
            ParseOptions.LENIENT,
            scheduler,
            (_, _, task) -> {
              changed = task;
              return () -> changed = null;
            });
    feed.subscribe(Set.of("orders"));
    feed.start();
    scheduler.settle();
    return feed;
  }

  private void change() {
    if (changed != null) {
      changed.run();
    }
    scheduler.settle();
  }

  private void replace(String name, String text) throws IOException {
    Path next = folder.resolve("next");
    Files.writeString(next, text);
    Files.move(next, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private static String endpoints(String version, String name) {
    return """
    version_info: %s
    resources:
    - "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
      cluster_name: %s
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 80}}}
    """
        .formatted(version, name);
  }

  @Test
  void readsAtStartAndWhenItIsReplaced() throws IOException {
    replace("e.yaml", endpoints("a", "orders"));
    FileFeed feed = feed("e.yaml");
    assertThat(feed.stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("a");
    assertThat(sink.updates).hasSize(1);
    replace("e.yaml", endpoints("b", "orders").replace("80", "81"));
    change();
    assertThat(feed.stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("b");
    assertThat(feed.accepted().of(ResourceType.ENDPOINTS)).hasSize(1);
  }

  @Test
  void readsTheBinaryForm() throws IOException {
    DiscoveryResponse response =
        DiscoveryResponse.newBuilder()
            .setVersionInfo("7")
            .addResources(com.google.protobuf.Any.pack(Fixture.endpoints("orders")))
            .build();
    Files.write(folder.resolve("e.pb"), response.toByteArray());
    assertThat(feed("e.pb").stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("7");
  }

  @Test
  void whatCannotBeReadLeavesTheLastInForce() throws IOException {
    replace("e.yaml", endpoints("a", "orders"));
    FileFeed feed = feed("e.yaml");
    replace("e.yaml", "resources: [");
    change();
    assertThat(feed.stats().updateRejected(ResourceType.ENDPOINTS)).isEqualTo(1);
    Files.delete(folder.resolve("e.yaml"));
    change();
    assertThat(feed.stats().updateFailure(ResourceType.ENDPOINTS)).isEqualTo(1);
    assertThat(feed.accepted().of(ResourceType.ENDPOINTS)).hasSize(1);
  }

  @Test
  void othersNamesInTheFileAreLeftAlone() throws IOException {
    replace("e.yaml", endpoints("a", "users"));
    assertThat(feed("e.yaml").accepted().of(ResourceType.ENDPOINTS)).isEmpty();
  }

  @Test
  void aDocumentOfAnotherTypeIsRefused() throws IOException {
    replace("e.yaml", "type_url: type.googleapis.com/x\nresources: []\n");
    assertThat(feed("e.yaml").stats().updateRejected(ResourceType.ENDPOINTS)).isEqualTo(1);
  }

  @Test
  void anEndedFeedReadsNoMore() throws IOException {
    replace("e.yaml", endpoints("a", "orders"));
    FileFeed feed = feed("e.yaml");
    Runnable late = changed;
    feed.end();
    assertThat(changed).isNull();
    replace("e.yaml", endpoints("b", "orders"));
    if (late != null) {
      late.run();
    }
    scheduler.settle();
    assertThat(feed.stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("a");
  }

  @Test
  void textFormatIsRead() throws IOException {
    String text =
        """
        version_info: "a"
        resources {
          [type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment] {
            cluster_name: "orders"
          }
        }
        """;
    replace("e.pb_text", text);
    FileFeed feed = feed("e.pb_text");
    assertThat(feed.stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("a");
    assertThat(feed.accepted().of(ResourceType.ENDPOINTS)).hasSize(1);
    replace("e.pb_text", text.replace("\"orders\"", "\"orders\" cluster_nome: 1"));
    change();
    assertThat(feed.stats().updateRejected(ResourceType.ENDPOINTS)).isZero();
    replace("e.pb_text", text.replace("resources {", "resources ["));
    change();
    assertThat(feed.stats().updateRejected(ResourceType.ENDPOINTS)).isEqualTo(1);
    assertThat(feed.stats().versionText(ResourceType.ENDPOINTS)).isEqualTo("a");
  }
}
