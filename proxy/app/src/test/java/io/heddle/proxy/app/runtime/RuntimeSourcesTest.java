package io.heddle.proxy.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.proxy.app.admin.AdminRequest;
import io.heddle.proxy.app.files.FileWatcher;
import io.heddle.proxy.engine.runtime.LayeredRuntime;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeLayerConfig.Content;
import io.heddle.xds.model.RuntimeTable;
import io.heddle.xds.model.RuntimeValue;
import io.heddle.xds.model.SourceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeSourcesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final NodeConfig NODE =
      new NodeConfig(
          "n",
          "shop",
          EndpointsConfig.Locality.NONE,
          com.google.protobuf.Struct.getDefaultInstance());

  @TempDir Path folder;

  private static LayeredRuntime runtime(List<RuntimeLayerConfig> layers) {
    return new LayeredRuntime(
        layers.stream().map(RuntimeLayerConfig::name).toList(),
        new StatsRegistry(1).root().scope("runtime"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void readsAFolderAndFollowsTheSwapOfItsLink() throws IOException {
    write(folder.resolve("v1/envoy/health/min"), "# how many\n30\n");
    write(folder.resolve("v2/envoy/health/min"), "40");
    Path root = folder.resolve("current");
    Files.createSymbolicLink(root, folder.resolve("v1"));
    List<RuntimeLayerConfig> layers =
        List.of(new RuntimeLayerConfig("d", new Content.Disk(root.toString(), "envoy", false)));
    LayeredRuntime runtime = runtime(layers);
    try (FileWatcher watcher = FileWatcher.start()) {
      new RuntimeSources(layers, runtime).start(NODE, () -> Optional.of(watcher));
      assertThat(runtime.integer("health.min", 0)).isEqualTo(30);
      Path next = folder.resolve("next");
      Files.createSymbolicLink(next, folder.resolve("v2"));
      Files.move(next, root, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      await().atMost(LONG).until(() -> runtime.integer("health.min", 0) == 40);
    }
  }

  @Test
  void appendsTheNodesCluster() throws IOException {
    write(folder.resolve("root/over/shop/a"), "true");
    List<RuntimeLayerConfig> layers =
        List.of(
            new RuntimeLayerConfig(
                "d", new Content.Disk(folder.resolve("root").toString(), "over", true)));
    LayeredRuntime runtime = runtime(layers);
    new RuntimeSources(layers, runtime).start(NODE, Optional::empty);
    assertThat(runtime.flag("a", false)).isTrue();
  }

  @Test
  void aFolderThatIsNotThereIsAnEmptyLayer() {
    List<RuntimeLayerConfig> layers =
        List.of(
            new RuntimeLayerConfig(
                "d", new Content.Disk(folder.resolve("no").toString(), "", false)));
    LayeredRuntime runtime = runtime(layers);
    new RuntimeSources(layers, runtime).start(NODE, Optional::empty);
    assertThat(runtime.snapshot().values()).isEmpty();
  }

  @Test
  void putsATableOfRtdsIntoTheLayersThatNameIt() {
    List<RuntimeLayerConfig> layers =
        List.of(
            new RuntimeLayerConfig(
                "s", new Content.Fixed(Map.of("a", RuntimeValue.of(1), "b", RuntimeValue.of(1)))),
            new RuntimeLayerConfig("r", new Content.Rtds("table", SourceConfig.ADS)));
    LayeredRuntime runtime = runtime(layers);
    RuntimeSources sources = new RuntimeSources(layers, runtime);
    sources.start(NODE, Optional::empty);
    sources.put(new RuntimeTable("table", Map.of("a", RuntimeValue.of(2))));
    sources.put(new RuntimeTable("other", Map.of("b", RuntimeValue.of(2))));
    assertThat(runtime.integer("a", 0)).isEqualTo(2);
    assertThat(runtime.integer("b", 0)).isEqualTo(1);
  }

  @Test
  void theAdminPagesShowAndChange() {
    List<RuntimeLayerConfig> layers =
        List.of(
            new RuntimeLayerConfig("s", new Content.Fixed(Map.of("a", RuntimeValue.of(1)))),
            new RuntimeLayerConfig("admin", Content.Admin.ADMIN));
    LayeredRuntime runtime = runtime(layers);
    RuntimeSources sources = new RuntimeSources(layers, runtime);
    sources.start(NODE, Optional::empty);
    RuntimePages pages = new RuntimePages(runtime, sources.adminLayer());
    assertThat(pages.modify(post(Map.of("a", "7"))).status()).isEqualTo(200);
    assertThat(runtime.integer("a", 0)).isEqualTo(7);
    assertThat(pages.show(post(Map.of())).body().replaceAll("\\s", ""))
        .isEqualTo(
            "{\"layers\":[\"s\",\"admin\"],\"entries\":"
                + "{\"a\":{\"layer_values\":[\"1\",\"7\"],\"final_value\":\"7\"}}}");
    pages.modify(post(Map.of("a", "")));
    assertThat(runtime.integer("a", 0)).isEqualTo(1);
    assertThat(pages.modify(post(Map.of())).status()).isEqualTo(400);
    assertThat(new RuntimePages(runtime, Optional.empty()).modify(post(Map.of("a", "1"))).status())
        .isEqualTo(503);
  }

  private static AdminRequest post(Map<String, String> query) {
    return new AdminRequest("POST", "/runtime_modify", query, false);
  }
}
