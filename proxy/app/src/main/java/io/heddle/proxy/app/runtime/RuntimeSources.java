package io.heddle.proxy.app.runtime;

import io.heddle.proxy.app.files.FileWatcher;
import io.heddle.proxy.engine.runtime.LayeredRuntime;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeLayerConfig.Content;
import io.heddle.xds.model.RuntimeTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fills the layers of the runtime and keeps those on disk and of RTDS up to date. */
public final class RuntimeSources {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeSources.class);

  private final List<RuntimeLayerConfig> layers;
  private final LayeredRuntime runtime;

  /** The layers of a bootstrap; the runtime has as many, in the same order. */
  public RuntimeSources(List<RuntimeLayerConfig> layers, LayeredRuntime runtime) {
    this.layers = List.copyOf(layers);
    this.runtime = runtime;
  }

  /**
   * Fills what needs no control plane.
   *
   * @param files asked only where a layer lies on disk
   */
  public void start(NodeConfig node, Supplier<Optional<FileWatcher>> files) {
    for (int i = 0; i < layers.size(); i++) {
      switch (layers.get(i).content()) {
        case Content.Fixed fixed -> runtime.replace(i, fixed.values());
        case Content.Disk disk -> startDisk(i, disk, node, files);
        case Content.Admin _, Content.Rtds _ -> {}
      }
    }
  }

  private void startDisk(
      int place, Content.Disk disk, NodeConfig node, Supplier<Optional<FileWatcher>> files) {
    Path root = Path.of(disk.symlinkRoot());
    Path folder = root.resolve(disk.subdirectory());
    if (disk.appendServiceCluster()) {
      folder = folder.resolve(node.cluster());
    }
    Path whole = folder;
    load(place, whole);
    try {
      Optional<FileWatcher> watcher = files.get();
      if (watcher.isPresent()) {
        var _ = watcher.get().watchFile(root, () -> load(place, whole));
      }
    } catch (IOException e) {
      LOG.warn("Runtime layer {}: {} cannot be watched: {}", name(place), root, e.toString());
      runtime.failed();
    }
  }

  private void load(int place, Path folder) {
    try {
      runtime.replace(place, DiskLayer.read(folder));
    } catch (IOException e) {
      LOG.warn("Runtime layer {}: {}; its last values stay", name(place), e.toString());
      runtime.failed();
    }
  }

  private String name(int place) {
    return layers.get(place).name();
  }

  /** Puts what RTDS brought into the layers that wait for it. */
  public void put(RuntimeTable table) {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).content() instanceof Content.Rtds rtds
          && rtds.resourceName().equals(table.name())) {
        runtime.replace(i, table.values());
      }
    }
  }

  /** The place of the admin layer, if there is one. */
  public Optional<Integer> adminLayer() {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).content() == Content.Admin.ADMIN) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }
}
