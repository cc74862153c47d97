package io.heddle.xds.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One layer of the runtime ({@code envoy.config.bootstrap.v3.RuntimeLayer}); later layers override
 * earlier ones key by key.
 */
public record RuntimeLayerConfig(String name, Content content) {

  /** Where a layer's values come from. */
  public sealed interface Content {
    /** Written in the bootstrap. */
    record Fixed(Map<String, RuntimeValue> values) implements Content {
      public Fixed {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
      }
    }

    /**
     * A file a key, its folders the parts of the key; read again when the root is moved into place.
     *
     * @param subdirectory below the root; may be empty
     * @param appendServiceCluster whether a folder named as the node's cluster is looked for below
     */
    record Disk(String symlinkRoot, String subdirectory, boolean appendServiceCluster)
        implements Content {}

    /** Changed by {@code POST /runtime_modify}. */
    enum Admin implements Content {
      ADMIN
    }

    /** Fetched by RTDS. */
    record Rtds(String resourceName, SourceConfig source) implements Content {}
  }
}
