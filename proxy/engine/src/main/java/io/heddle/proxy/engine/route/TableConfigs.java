package io.heddle.proxy.engine.route;

import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.xds.model.ExtensionConfig;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What filters parsed at the level of a whole table; tables that follow one another share it. */
final class TableConfigs {
  private static final Logger LOG = LoggerFactory.getLogger(TableConfigs.class);

  /** Of a table without any. */
  static final TableConfigs NONE = new TableConfigs(null, List.of());

  private final FilterConfigs.@Nullable Table parsed;
  private final boolean holdsSomething;
  private final UseCount tables;

  private TableConfigs(FilterConfigs.@Nullable Table parsed, List<AutoCloseable> held) {
    this.parsed = parsed;
    this.holdsSomething = !held.isEmpty();
    this.tables = new UseCount(() -> close(held));
  }

  /** Parses them at once. */
  static TableConfigs of(FilterConfigs.Table into, Map<String, ExtensionConfig> configs) {
    if (configs.isEmpty()) {
      return new TableConfigs(null, List.of());
    }
    var _ = into.merge(List.of(new FilterConfigs.Level(configs, "")));
    return new TableConfigs(into, into.closeables());
  }

  FilterConfigs.@Nullable Table parsed() {
    return parsed;
  }

  boolean holdsSomething() {
    return holdsSomething;
  }

  boolean tryUse() {
    return tables.tryUse();
  }

  void done() {
    tables.done();
  }

  static void close(List<AutoCloseable> configs) {
    for (AutoCloseable config : configs) {
      try {
        config.close();
      } catch (Exception failure) {
        LOG.warn("The configuration of a filter on a route failed to close", failure);
      }
    }
  }
}
