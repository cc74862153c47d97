package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configurations of filters that listeners name by ECDS. One is let go after the last listener
 * that named it. Belongs to the scheduler's thread.
 *
 * <p>A listener waits for the first version: until it comes, is refused, is said not to exist, or
 * its time is over; from then on its default serves. Later versions change filters in place.
 */
final class ExtensionSet {
  private static final Logger LOG = LoggerFactory.getLogger(ExtensionSet.class);

  private final Engine engine;
  private final ResourceParser parser;
  private final Subscriber subscriber;
  private final UpdateCounts counts;
  private final Runnable settled;
  private final FetchTimers timers;

  /** What came and is in force, by source and name. */
  private final Map<Source, ExtensionConfig> known = new HashMap<>();

  private Set<ExtensionNeed> used = Set.of();

  private record Source(Origin origin, String name) {
    static Source of(ExtensionNeed need) {
      return new Source(need.source().origin(), need.name());
    }
  }

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
    this.subscriber = subscriber;
    this.counts = counts;
    this.settled = settled;
    this.timers = new FetchTimers(scheduler);
  }

  /** What of these needs can never be met. */
  Optional<String> refusal(List<ExtensionNeed> needs) {
    for (ExtensionNeed need : needs) {
      String subject = "config_discovery of " + need.name() + ": ";
      Optional<String> why =
          subscriber.refusal(ResourceType.EXTENSION_CONFIG, need.source().origin());
      if (why.isPresent()) {
        return why.map(text -> subject + text);
      }
      ExtensionConfig there = known.get(Source.of(need));
      if (there != null && !need.typeUrls().contains(there.typeUrl())) {
        scope(need).counter("config_conflict").increment();
        return Optional.of(
            subject + "type_urls: found " + need.typeUrls() + ", expected " + there.typeUrl());
      }
      for (ExtensionNeed other : used) {
        if (other.key().equals(need.key()) && !Source.of(other).equals(Source.of(need))) {
          return Optional.of(
              subject + "found a name that an extension from elsewhere has, expected another");
        }
      }
    }
    return Optional.empty();
  }

  /** Whether all of these are there or are waited for no longer. */
  boolean ready(List<ExtensionNeed> needs) {
    for (ExtensionNeed need : needs) {
      if (need.waits() && !known.containsKey(Source.of(need)) && !timers.overdue(need.key())) {
        return false;
      }
    }
    return true;
  }

  /** Takes over what all listeners need together. */
  void use(Collection<List<ExtensionNeed>> needs) {
    Set<ExtensionNeed> next = new LinkedHashSet<>();
    needs.forEach(next::addAll);
    if (next.equals(used)) {
      return;
    }
    Set<String> keysBefore = keys(used);
    used = next;
    Set<String> keys = keys(next);
    for (String key : keysBefore) {
      if (!keys.contains(key)) {
        engine.removeExtension(key);
      }
    }
    Map<Origin, Set<String>> wanted = new HashMap<>();
    Set<Source> sources = new HashSet<>();
    List<Subscription> counted = new ArrayList<>();
    for (ExtensionNeed need : next) {
      sources.add(Source.of(need));
      counted.add(
          new Subscription(
              ResourceType.EXTENSION_CONFIG,
              need.source().origin(),
              need.name(),
              need.kind().statPrefix(),
              need.name()));
      wanted.computeIfAbsent(need.source().origin(), _ -> new HashSet<>()).add(need.name());
    }
    known.keySet().retainAll(sources);
    timers.retain(keys);
    counts.want(ResourceType.EXTENSION_CONFIG, counted);
    for (ExtensionNeed need : next) {
      ExtensionConfig there = known.get(Source.of(need));
      if (there == null) {
        timers.await(
            need.key(),
            need.source().initialFetchTimeout(),
            why -> {
              counts.timedOut(ResourceType.EXTENSION_CONFIG, need.source().origin(), need.name());
              giveUp(need, why);
              settled.run();
            });
      } else if (!keysBefore.contains(need.key())) {
        var _ = engine.applyExtension(need.key(), there);
      }
    }
    subscriber.subscribe(ResourceType.EXTENSION_CONFIG, wanted);
  }

  private static Set<String> keys(Set<ExtensionNeed> needs) {
    Set<String> keys = new HashSet<>();
    needs.forEach(need -> keys.add(need.key()));
    return keys;
  }

  private StatsScope scope(ExtensionNeed need) {
    return engine.statsScope(
        "extension_config_discovery." + need.kind().statPrefix() + "." + need.name());
  }

  /** Applies an update of ECDS. */
  Map<String, String> apply(Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      List<ExtensionNeed> users = users(from, name);
      if (users.isEmpty()) {
        continue; // Nobody has asked for it.
      }
      Optional<String> why =
          switch (parser.extension(resource.body())) {
            case Parsed.Refused<ExtensionConfig> bad -> Optional.of(bad.message());
            case Parsed.Ok<ExtensionConfig> good -> {
              DynamicConfig.warn(good);
              yield take(from, good.value(), users);
            }
          };
      why.ifPresent(text -> refused.put(name, text));
      for (ExtensionNeed need : users) {
        if (why.isEmpty()) {
          timers.came(need.key());
        } else {
          giveUp(need, "it was refused");
        }
      }
    }
    for (String name : update.removed()) {
      known.remove(new Source(from, name));
      keys(Set.copyOf(users(from, name))).forEach(engine::removeExtension);
    }
    for (String name : update.absent()) {
      users(from, name).forEach(need -> giveUp(need, "the control plane has none"));
    }
    settled.run();
    return refused;
  }

  private List<ExtensionNeed> users(Origin from, String name) {
    Source source = new Source(from, name);
    return used.stream().filter(need -> Source.of(need).equals(source)).toList();
  }

  private Optional<String> take(Origin from, ExtensionConfig config, List<ExtensionNeed> users) {
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
    for (String key : new LinkedHashSet<>(users.stream().map(ExtensionNeed::key).toList())) {
      List<ConfigError> errors = engine.applyExtension(key, config);
      if (!errors.isEmpty()) {
        return Optional.of(Refusals.text(errors));
      }
    }
    known.put(new Source(from, config.name()), config);
    return Optional.empty();
  }

  private void giveUp(ExtensionNeed need, String why) {
    if (!known.containsKey(Source.of(need)) && timers.giveUp(need.key())) {
      LOG.warn("Filter {}: {}; its default serves, or nothing passes it", need.name(), why);
    }
  }
}
