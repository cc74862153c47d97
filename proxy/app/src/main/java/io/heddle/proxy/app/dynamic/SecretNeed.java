package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A secret that a listener or cluster names.
 *
 * @param key what the engine keeps it under
 * @param source where it comes from; none for a secret of the bootstrap
 */
record SecretNeed(String key, String name, Optional<SourceConfig> source)
    implements FetchedSet.Need {
  @Override
  public Origin origin() {
    return source.map(SourceConfig::origin).orElse(Origin.Self.SELF);
  }

  @Override
  public Duration patience() {
    return source.map(SourceConfig::initialFetchTimeout).orElse(Duration.ZERO);
  }

  @Override
  public boolean waits() {
    return source.isPresent();
  }

  /**
   * Reads the needs off what names secrets.
   *
   * @param from where the listener or cluster itself came from, which {@code self} means
   */
  static List<SecretNeed> of(List<SecretRef> secrets, Origin from) {
    List<SecretNeed> needs = new ArrayList<>();
    for (SecretRef secret : secrets) {
      needs.add(
          new SecretNeed(
              secret.key(),
              secret.name(),
              secret
                  .source()
                  .map(source ->
                      new SourceConfig(
                          ListenerNeeds.resolve(source.origin(), from),
                          source.initialFetchTimeout()))));
    }
    return needs;
  }
}
