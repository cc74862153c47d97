package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionKind;
import io.heddle.xds.model.ExtensionSource;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A filter of a listener whose configuration is fetched.
 *
 * @param key what the engine keeps the configuration under
 * @param typeUrls what it may be of
 * @param waits whether the listener waits for it
 */
record ExtensionNeed(
    String key,
    String name,
    ExtensionKind kind,
    SourceConfig source,
    Set<String> typeUrls,
    boolean waits)
    implements FetchedSet.Need {
  @Override
  public Origin origin() {
    return source.origin();
  }

  @Override
  public Duration patience() {
    return source.initialFetchTimeout();
  }

  /**
   * Reads the needs off a listener.
   *
   * @param from where the listener itself came from, which {@code self} means
   */
  static List<ExtensionNeed> of(ListenerConfig listener, Origin from) {
    List<ExtensionNeed> needs = new ArrayList<>();
    listener
        .discovered()
        .forEach((kind, extensions) -> {
          for (ExtensionConfig extension : extensions) {
            ExtensionSource source = extension.discovery().orElseThrow();
            needs.add(
                new ExtensionNeed(
                    source.key(extension.name()),
                    extension.name(),
                    kind,
                    new SourceConfig(
                        ListenerNeeds.resolve(source.source().origin(), from),
                        source.source().initialFetchTimeout()),
                    source.typeUrls(),
                    !source.withoutWarming()));
          }
        });
    return needs;
  }
}
