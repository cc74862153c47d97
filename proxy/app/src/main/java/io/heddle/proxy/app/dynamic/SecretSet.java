package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
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
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secrets that listeners and clusters name, by SDS or of the bootstrap. A secret is let go
 * after the last one that named it. Belongs to the scheduler's thread.
 *
 * <p>Whoever names a secret waits for its first version: until it comes, is refused, is said not to
 * exist, or its time is over. Later refusals leave in force what was there before.
 */
final class SecretSet {
  private static final Logger LOG = LoggerFactory.getLogger(SecretSet.class);

  private final Engine engine;
  private final ResourceParser parser;
  private final Subscriber subscriber;
  private final UpdateCounts counts;
  private final Runnable settled;
  private final FetchTimers timers;
  private final Set<String> statics = new HashSet<>();

  /** What came, by source and name: who names it later need not wait. */
  private final Map<Source, SecretConfig> known = new HashMap<>();

  /** By the engine's key. */
  private Map<String, SecretNeed> used = Map.of();

  private List<SecretNeed> ofListeners = List.of();
  private List<SecretNeed> ofClusters = List.of();

  private record Source(Origin origin, String name) {}

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
    this.subscriber = subscriber;
    this.counts = counts;
    this.settled = settled;
    this.timers = new FetchTimers(scheduler);
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
      Origin origin = need.source().get().origin();
      Optional<String> why = subscriber.refusal(ResourceType.SECRET, origin);
      if (why.isPresent()) {
        return why.map(text -> "sds_config of secret " + need.name() + ": " + text);
      }
      SecretNeed other = used.get(need.key());
      if (statics.contains(need.key()) || (other != null && !origin.equals(origin(other)))) {
        return Optional.of(
            "sds_config of secret "
                + need.name()
                + ": found a name that a secret from elsewhere has, expected another");
      }
    }
    return Optional.empty();
  }

  private static Origin origin(SecretNeed need) {
    return need.source().map(SourceConfig::origin).orElse(Origin.Self.SELF);
  }

  /** Whether all of these are there or are waited for no longer. */
  boolean ready(List<SecretNeed> needs) {
    for (SecretNeed need : needs) {
      if (need.source().isPresent()
          && !known.containsKey(new Source(origin(need), need.name()))
          && !timers.overdue(need.key())) {
        return false;
      }
    }
    return true;
  }

  /** Those that did not come yet. */
  Set<String> warming() {
    Set<String> names = new HashSet<>();
    for (SecretNeed need : used.values()) {
      if (!known.containsKey(new Source(origin(need), need.name()))) {
        names.add(need.name());
      }
    }
    return names;
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
    if (next.equals(used)) {
      return;
    }
    Map<String, SecretNeed> before = used;
    used = next;
    for (String key : before.keySet()) {
      if (!next.containsKey(key)) {
        engine.removeSecret(key);
      }
    }
    Map<Origin, Set<String>> wanted = new HashMap<>();
    Set<Source> sources = new HashSet<>();
    List<Subscription> counted = new ArrayList<>();
    for (SecretNeed need : next.values()) {
      counted.add(
          new Subscription(ResourceType.SECRET, origin(need), need.name(), "", need.name()));
      sources.add(new Source(origin(need), need.name()));
      wanted.computeIfAbsent(origin(need), _ -> new HashSet<>()).add(need.name());
    }
    counts.want(ResourceType.SECRET, counted);
    known.keySet().retainAll(sources);
    timers.retain(next.keySet());
    for (SecretNeed need : next.values()) {
      SecretConfig there = known.get(new Source(origin(need), need.name()));
      if (there == null) {
        timers.await(
            need.key(),
            need.source().orElseThrow().initialFetchTimeout(),
            why -> {
              counts.timedOut(ResourceType.SECRET, origin(need), need.name());
              giveUp(need, why);
              settled.run();
            });
      } else if (!before.containsKey(need.key())) {
        engine.applySecret(new SecretConfig(need.key(), there.content()));
      }
    }
    subscriber.subscribe(ResourceType.SECRET, wanted);
  }

  private static SecretNeed patient(SecretNeed a, SecretNeed b) {
    SourceConfig longer = ListenerNeeds.patient(a.source().orElseThrow(), b.source().orElseThrow());
    return new SecretNeed(a.key(), a.name(), Optional.of(longer));
  }

  /** Applies an update of SDS. */
  Map<String, String> apply(Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      List<SecretNeed> users = users(from, name);
      if (users.isEmpty()) {
        continue; // Nobody has asked for it.
      }
      Optional<String> why =
          switch (parser.secret(resource.body())) {
            case Parsed.Refused<SecretConfig> bad -> Optional.of(bad.message());
            case Parsed.Ok<SecretConfig> good -> {
              DynamicConfig.warn(good);
              yield take(from, good.value(), users);
            }
          };
      if (why.isPresent()) {
        refused.put(name, why.get());
        users.forEach(need -> giveUp(need, "it was refused"));
      } else {
        users.forEach(need -> timers.came(need.key()));
      }
    }
    for (String name : update.absent()) {
      users(from, name).forEach(need -> giveUp(need, "the control plane has none"));
    }
    settled.run();
    return refused;
  }

  private List<SecretNeed> users(Origin from, String name) {
    List<SecretNeed> users = new ArrayList<>();
    for (SecretNeed need : used.values()) {
      if (need.name().equals(name) && origin(need).equals(from)) {
        users.add(need);
      }
    }
    return users;
  }

  private Optional<String> take(Origin from, SecretConfig secret, List<SecretNeed> users) {
    List<ConfigError> errors = engine.checkSecret(secret);
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    for (SecretNeed need : users) {
      errors = engine.applySecret(new SecretConfig(need.key(), secret.content()));
      if (!errors.isEmpty()) {
        return Optional.of(Refusals.text(errors));
      }
    }
    known.put(new Source(from, secret.name()), secret);
    return Optional.empty();
  }

  private void giveUp(SecretNeed need, String why) {
    if (!known.containsKey(new Source(origin(need), need.name())) && timers.giveUp(need.key())) {
      LOG.warn(
          "Secret {}: {}; what names it closes its connections until it comes", need.name(), why);
    }
  }
}
