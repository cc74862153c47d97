package io.heddle.proxy.app.dynamic;

import com.google.protobuf.Any;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.parse.ResourceParser;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The secrets that listeners and clusters name, by SDS or of the bootstrap. Belongs to the
 * scheduler's thread.
 */
final class SecretSet implements FetchedSet.Use<SecretNeed, SecretConfig> {
  private final Engine engine;
  private final ResourceParser parser;
  private final FetchedSet<SecretNeed, SecretConfig> fetched;
  private final Set<String> statics = new HashSet<>();
  private List<SecretNeed> ofListeners = List.of();
  private List<SecretNeed> ofClusters = List.of();

  /**
   * Makes an empty set.
   *
   * @param settled run when a secret that was waited for has come, or is waited for no longer
   */
  SecretSet(
      Engine engine,
      XdsScheduler scheduler,
      ResourceParser parser,
      Subscriber subscriber,
      UpdateCounts counts,
      Runnable settled) {
    this.engine = engine;
    this.parser = parser;
    this.fetched =
        new FetchedSet<>(ResourceType.SECRET, this, scheduler, subscriber, counts, settled);
  }

  /** Takes note of the secrets of the bootstrap, which the engine already has. */
  void addStatic(Collection<SecretConfig> secrets) {
    secrets.forEach(secret -> statics.add(secret.name()));
  }

  /** What of these needs can never be met. */
  Optional<String> refusal(List<SecretNeed> needs) {
    for (SecretNeed need : needs) {
      if (need.source().isEmpty()) {
        if (!statics.contains(need.name())) {
          return Optional.of(
              "sds_config: found nothing for secret "
                  + need.name()
                  + ", expected a source or the name of a static secret of the bootstrap");
        }
        continue;
      }
      Optional<String> why = fetched.refusal(need);
      if (why.isPresent()) {
        return why.map(text -> "sds_config of secret " + need.name() + ": " + text);
      }
      if (statics.contains(need.key()) || fetched.keyTaken(need)) {
        return Optional.of(
            "sds_config of secret "
                + need.name()
                + ": found a name that a secret from elsewhere has, expected another");
      }
    }
    return Optional.empty();
  }

  /** Whether all of these are there or are waited for no longer. */
  boolean ready(List<SecretNeed> needs) {
    for (SecretNeed need : needs) {
      if (!fetched.ready(need)) {
        return false;
      }
    }
    return true;
  }

  /** Those that did not come yet. */
  Set<String> warming() {
    return fetched.warming();
  }

  /** Takes over what all listeners need together. */
  void useForListeners(Collection<List<SecretNeed>> needs) {
    ofListeners = needs.stream().flatMap(List::stream).toList();
    use();
  }

  /** Takes over what all clusters need together. */
  void useForClusters(Collection<List<SecretNeed>> needs) {
    ofClusters = needs.stream().flatMap(List::stream).toList();
    use();
  }

  private void use() {
    Map<String, SecretNeed> next = new HashMap<>();
    List<SecretNeed> all = new ArrayList<>(ofListeners);
    all.addAll(ofClusters);
    for (SecretNeed need : all) {
      if (need.source().isPresent()) {
        next.merge(need.key(), need, SecretSet::patient);
      }
    }
    fetched.use(next.values());
  }

  private static SecretNeed patient(SecretNeed a, SecretNeed b) {
    SourceConfig longer = ListenerNeeds.patient(a.source().orElseThrow(), b.source().orElseThrow());
    return new SecretNeed(a.key(), a.name(), Optional.of(longer));
  }

  /** Applies an update of SDS. */
  Map<String, String> apply(Origin from, ResourceUpdate update) {
    return fetched.apply(from, update);
  }

  @Override
  public Parsed<SecretConfig> parse(Any body) {
    return parser.secret(body);
  }

  @Override
  public Optional<String> refusal(SecretConfig secret, List<SecretNeed> users) {
    List<ConfigError> errors = engine.checkSecret(secret);
    return errors.isEmpty() ? Optional.empty() : Optional.of(Refusals.text(errors));
  }

  @Override
  public List<ConfigError> apply(String key, SecretConfig secret) {
    return engine.applySecret(new SecretConfig(key, secret.content()));
  }

  @Override
  public void remove(String key) {
    engine.removeSecret(key);
  }

  @Override
  public Subscription counted(SecretNeed need) {
    return new Subscription(ResourceType.SECRET, need.origin(), need.name(), "", need.name());
  }

  @Override
  public String without(SecretNeed need, String why) {
    return "Secret "
        + need.name()
        + ": "
        + why
        + "; what names it closes its connections until it comes";
  }
}
