package io.heddle.proxy.app.dynamic;

import com.google.protobuf.Any;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Duration;
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
 * What listeners and clusters name to be fetched, of one type. It is let go after the last that
 * named it. Belongs to the scheduler's thread.
 *
 * <p>Whoever names one waits for its first version: until it comes, is refused, is said not to
 * exist, or its time is over. Later refusals leave in force what was there before.
 *
 * @param <N> how it is named
 * @param <T> what comes
 */
final class FetchedSet<N extends FetchedSet.Need, T> {
  private static final Logger LOG = LoggerFactory.getLogger(FetchedSet.class);

  private final ResourceType type;
  private final Use<N, T> use;
  private final Subscriber subscriber;
  private final UpdateCounts counts;
  private final Runnable settled;
  private final FetchTimers timers;

  /** What came and is in force, by source and name: who names it later need not wait. */
  private final Map<Source, T> known = new HashMap<>();

  private Set<N> used = Set.of();

  /** Something that is named. */
  interface Need {
    /** What the engine keeps it under. */
    String key();

    /** What the control plane calls it. */
    String name();

    /** Where it comes from. */
    Origin origin();

    /** How long it is waited for; zero is for ever. */
    Duration patience();

    /** Whether it is waited for. */
    boolean waits();
  }

  /** What is done with what comes. */
  interface Use<N, T> {
    Parsed<T> parse(Any body);

    /** Why those who name it cannot use it; empty where they can. */
    Optional<String> refusal(T value, List<N> users);

    /** Puts it in force; what is wrong with it. */
    List<ConfigError> apply(String key, T value);

    /** Takes it out of use. */
    void remove(String key);

    /** What its statistics are called. */
    Subscription counted(N need);

    /**
     * What becomes of whoever names it while it is not there, in words that begin with its name.
     */
    String without(N need, String why);
  }

  private record Source(Origin origin, String name) {
    static Source of(Need need) {
      return new Source(need.origin(), need.name());
    }
  }

  /**
   * Makes an empty set.
   *
   * @param settled run when one that was waited for has come, or is waited for no longer
   */
  FetchedSet(
      ResourceType type,
      Use<N, T> use,
      XdsScheduler scheduler,
      Subscriber subscriber,
      UpdateCounts counts,
      Runnable settled) {
    this.type = type;
    this.use = use;
    this.subscriber = subscriber;
    this.counts = counts;
    this.settled = settled;
    this.timers = new FetchTimers(scheduler);
  }

  /** Why nothing can come from where it should. */
  Optional<String> refusal(N need) {
    return subscriber.refusal(type, need.origin());
  }

  /** Whether the engine has something else under the same key. */
  boolean keyTaken(N need) {
    for (N other : used) {
      if (other.key().equals(need.key()) && !Source.of(other).equals(Source.of(need))) {
        return true;
      }
    }
    return false;
  }

  /** What came, if it did. */
  Optional<T> there(N need) {
    return Optional.ofNullable(known.get(Source.of(need)));
  }

  /** Whether it is there or is waited for no longer. */
  boolean ready(N need) {
    return !need.waits() || known.containsKey(Source.of(need)) || timers.overdue(need.key());
  }

  /** Those that did not come yet, by name. */
  Set<String> warming() {
    Set<String> names = new HashSet<>();
    for (N need : used) {
      if (!known.containsKey(Source.of(need))) {
        names.add(need.name());
      }
    }
    return names;
  }

  /** Takes over all that is named now. */
  void use(Collection<N> needs) {
    Set<N> next = new LinkedHashSet<>(needs);
    if (next.equals(used)) {
      return;
    }
    Set<String> keysBefore = keys(used);
    used = next;
    Set<String> keys = keys(next);
    for (String key : keysBefore) {
      if (!keys.contains(key)) {
        use.remove(key);
      }
    }
    Map<Origin, Set<String>> wanted = new HashMap<>();
    Set<Source> sources = new HashSet<>();
    List<Subscription> counted = new ArrayList<>();
    for (N need : next) {
      sources.add(Source.of(need));
      counted.add(use.counted(need));
      wanted.computeIfAbsent(need.origin(), _ -> new HashSet<>()).add(need.name());
    }
    counts.want(type, counted);
    known.keySet().retainAll(sources);
    timers.retain(keys);
    for (N need : next) {
      T there = known.get(Source.of(need));
      if (there == null) {
        timers.await(
            need.key(),
            need.patience(),
            why -> {
              counts.timedOut(type, need.origin(), need.name());
              giveUp(need, why);
              settled.run();
            });
      } else if (!keysBefore.contains(need.key())) {
        var _ = use.apply(need.key(), there);
      }
    }
    subscriber.subscribe(type, wanted);
  }

  private static Set<String> keys(Collection<? extends Need> needs) {
    Set<String> keys = new LinkedHashSet<>();
    needs.forEach(need -> keys.add(need.key()));
    return keys;
  }

  /** Applies an update. */
  Map<String, String> apply(Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      List<N> users = users(from, resource.name());
      if (users.isEmpty()) {
        continue; // Nobody has asked for it.
      }
      Optional<String> why =
          switch (use.parse(resource.body())) {
            case Parsed.Refused<T> bad -> Optional.of(bad.message());
            case Parsed.Ok<T> good -> {
              DynamicConfig.warn(good);
              yield take(new Source(from, resource.name()), good.value(), users);
            }
          };
      for (N need : users) {
        if (why.isEmpty()) {
          timers.came(need.key());
        } else {
          giveUp(need, "it was refused");
        }
      }
      why.ifPresent(text -> refused.put(resource.name(), text));
    }
    for (String name : update.removed()) {
      known.remove(new Source(from, name));
      keys(users(from, name)).forEach(use::remove);
    }
    for (String name : update.absent()) {
      users(from, name).forEach(need -> giveUp(need, "the control plane has none"));
    }
    settled.run();
    return refused;
  }

  private List<N> users(Origin from, String name) {
    Source source = new Source(from, name);
    List<N> users = new ArrayList<>();
    for (N need : used) {
      if (Source.of(need).equals(source)) {
        users.add(need);
      }
    }
    return users;
  }

  private Optional<String> take(Source source, T value, List<N> users) {
    Optional<String> why = use.refusal(value, users);
    if (why.isPresent()) {
      return why;
    }
    for (String key : keys(users)) {
      List<ConfigError> errors = use.apply(key, value);
      if (!errors.isEmpty()) {
        return Optional.of(Refusals.text(errors));
      }
    }
    known.put(source, value);
    return Optional.empty();
  }

  private void giveUp(N need, String why) {
    if (!known.containsKey(Source.of(need)) && timers.giveUp(need.key())) {
      LOG.warn("{}", use.without(need, why));
    }
  }
}
