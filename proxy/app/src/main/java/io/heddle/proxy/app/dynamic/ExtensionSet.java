package io.heddle.proxy.app.dynamic;

import com.google.protobuf.Any;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.parse.ResourceParser;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configurations of filters that listeners name by ECDS. Belongs to the scheduler's thread.
 *
 * <p>While the first version is not there a filter's default serves. Later versions change filters
 * in place.
 */
final class ExtensionSet implements FetchedSet.Use<ExtensionNeed, ExtensionConfig> {
  private final Engine engine;
  private final ResourceParser parser;
  private final FetchedSet<ExtensionNeed, ExtensionConfig> fetched;

  /**
   * Makes an empty set.
   *
   * @param settled run when one that was waited for has come, or is waited for no longer
   */
  ExtensionSet(
      Engine engine,
      XdsScheduler scheduler,
      ResourceParser parser,
      Subscriber subscriber,
      UpdateCounts counts,
      Runnable settled) {
    this.engine = engine;
    this.parser = parser;
    this.fetched =
        new FetchedSet<>(
            ResourceType.EXTENSION_CONFIG, this, scheduler, subscriber, counts, settled);
  }

  /** What of these needs can never be met. */
  Optional<String> refusal(List<ExtensionNeed> needs) {
    for (ExtensionNeed need : needs) {
      String subject = "config_discovery of " + need.name() + ": ";
      Optional<String> why = fetched.refusal(need);
      if (why.isPresent()) {
        return why.map(text -> subject + text);
      }
      Optional<ExtensionConfig> there = fetched.there(need);
      if (there.isPresent() && !need.typeUrls().contains(there.get().typeUrl())) {
        engine
            .statsScope(
                "extension_config_discovery." + need.kind().statPrefix() + "." + need.name())
            .counter("config_conflict")
            .increment();
        return Optional.of(
            subject
                + "type_urls: found "
                + need.typeUrls()
                + ", expected "
                + there.get().typeUrl());
      }
      if (fetched.keyTaken(need)) {
        return Optional.of(
            subject + "found a name that an extension from elsewhere has, expected another");
      }
    }
    return Optional.empty();
  }

  /** Whether all of these are there or are waited for no longer. */
  boolean ready(List<ExtensionNeed> needs) {
    for (ExtensionNeed need : needs) {
      if (!fetched.ready(need)) {
        return false;
      }
    }
    return true;
  }

  /** Takes over what all listeners need together. */
  void use(Collection<List<ExtensionNeed>> needs) {
    List<ExtensionNeed> all = new ArrayList<>();
    needs.forEach(all::addAll);
    fetched.use(all);
  }

  /** Applies an update of ECDS. */
  Map<String, String> apply(Origin from, ResourceUpdate update) {
    return fetched.apply(from, update);
  }

  @Override
  public Parsed<ExtensionConfig> parse(Any body) {
    return parser.extension(body);
  }

  @Override
  public Optional<String> refusal(ExtensionConfig config, List<ExtensionNeed> users) {
    for (ExtensionNeed need : users) {
      if (!need.typeUrls().contains(config.typeUrl())) {
        return Optional.of(
            "TypedExtensionConfig "
                + config.name()
                + ": typed_config.@type: found "
                + config.typeUrl()
                + ", expected one of "
                + String.join(", ", need.typeUrls()));
      }
      List<ConfigError> errors = engine.checkExtension(need.kind(), config);
      if (!errors.isEmpty()) {
        return Optional.of(Refusals.text(errors));
      }
    }
    return Optional.empty();
  }

  @Override
  public List<ConfigError> apply(String key, ExtensionConfig config) {
    return engine.applyExtension(key, config);
  }

  @Override
  public void remove(String key) {
    engine.removeExtension(key);
  }

  @Override
  public Subscription counted(ExtensionNeed need) {
    return new Subscription(
        ResourceType.EXTENSION_CONFIG,
        need.origin(),
        need.name(),
        need.kind().statPrefix(),
        need.name());
  }

  @Override
  public String without(ExtensionNeed need, String why) {
    return "Filter " + need.name() + ": " + why + "; its default serves, or nothing passes it";
  }
}
