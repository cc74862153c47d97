package io.heddle.control.core.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.LocalityWeighting;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.translate.Names;
import io.heddle.xds.server.LoadReports.ClusterLoad;
import io.heddle.xds.server.LoadReports.LocalityLoad;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes requests away from localities where they fail or take long, by what proxies report, for
 * Services that ask for it.
 *
 * <p>A locality's share of its weight is 100 percent, and goes down to {@value #LEAST}: it must be
 * seen when it is well again. It falls by at most {@value #FALL} points a round and rises by
 * {@value #RISE}, in tens, so that neither one bad report nor an answer to it lets the whole load
 * swing. What is decided is noted in the store: every control plane that shares it publishes the
 * same, and one that is started again what it had.
 *
 * <p>{@link #tick} does what is due; of one thread.
 */
public final class LocalityWeigher {
  /** Time between two rounds: proxies report as often. */
  static final Duration ROUND = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(LocalityWeigher.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String NOTE = "locality-weights";
  private static final int LEAST = 10;
  private static final int FALL = 30;
  private static final int RISE = 10;

  /** With fewer ended requests nothing is said of a locality. */
  private static final long ENOUGH = 100;

  /** With fewer at once their number says nothing of how long they take. */
  private static final long ENOUGH_AT_ONCE = 10;

  /** How many standard deviations more failures must have come. */
  private static final double DEVIATIONS = 3;

  /** Requests may take so many times as long as where they are fastest. */
  private static final double SLOWER = 1.5;

  private final Store store;
  private final Supplier<List<ClusterLoad>> loads;
  private final BooleanSupplier leads;
  private final Consumer<Map<ObjectKey, Map<Locality, Integer>>> publisher;
  private final InstantSource clock;

  /** What was reported by the last round, of the services that ask. */
  private Map<ObjectKey, Map<Locality, Seen>> before = Map.of();

  private Instant nextRound = Instant.MIN;
  private String text = "";
  private volatile Map<ObjectKey, Map<Locality, Integer>> weights = Map.of();

  /** What was reported of a locality, since some start, and what is going on there. */
  private record Seen(long succeeded, long failed, long atOnce, double perSecond) {
    static final Seen NOTHING = new Seen(0, 0, 0, 0);

    Seen plus(LocalityLoad load) {
      return new Seen(
          succeeded + load.succeeded(),
          failed + load.failed(),
          atOnce + load.inProgress(),
          perSecond + load.perSecond());
    }

    Seen since(Seen earlier) {
      return new Seen(succeeded - earlier.succeeded, failed - earlier.failed, atOnce, perSecond);
    }

    long ended() {
      return succeeded + failed;
    }

    double errors() {
      return (double) failed / ended();
    }

    /** Seconds that a request takes: those at once are what begins in that time. */
    double seconds() {
      return atOnce >= ENOUGH_AT_ONCE && perSecond > 0 ? atOnce / perSecond : 0;
    }
  }

  /**
   * Knows of nothing before {@link #follow}.
   *
   * @param loads what all proxies report; may wait for other control planes
   * @param leads whether this control plane decides
   * @param publisher is told what counts from now on
   */
  public LocalityWeigher(
      Store store,
      Supplier<List<ClusterLoad>> loads,
      BooleanSupplier leads,
      Consumer<Map<ObjectKey, Map<Locality, Integer>>> publisher,
      InstantSource clock) {
    this.store = store;
    this.loads = loads;
    this.leads = leads;
    this.publisher = publisher;
    this.clock = clock;
  }

  /** The share of its weight, in percent, that each locality has which has not all of it. */
  public Map<ObjectKey, Map<Locality, Integer>> weights() {
    return weights;
  }

  /** Publishes what is noted. */
  public void follow() {
    String now = store.notes(NOTE).getOrDefault(NOTE, "");
    if (!now.equals(text)) {
      text = now;
      weights = read(now);
      publisher.accept(weights);
    }
  }

  /** Does what is due. */
  public void tick() {
    follow();
    Instant now = clock.instant();
    if (now.isBefore(nextRound)) {
      return;
    }
    nextRound = now.plus(ROUND);
    Set<ObjectKey> asking = asking();
    if ((asking.isEmpty() && weights.isEmpty()) || !leads.getAsBoolean()) {
      before = Map.of();
      return;
    }
    Map<ObjectKey, Map<Locality, Seen>> seen = seen(asking);
    Map<ObjectKey, Map<Locality, Integer>> next = new HashMap<>();
    for (ObjectKey service : asking) {
      Map<Locality, Integer> shares =
          round(
              weights.getOrDefault(service, Map.of()),
              before.getOrDefault(service, Map.of()),
              seen.getOrDefault(service, Map.of()));
      if (!shares.isEmpty()) {
        next.put(service, shares);
      }
    }
    before = seen;
    if (!next.equals(weights)) {
      LOG.info("shares of localities: {}", next);
      boolean _ = store.noteIf(Map.of(NOTE, text), Map.of(NOTE, write(next)), Revision.NONE);
      follow();
    }
  }

  private Set<ObjectKey> asking() {
    Set<ObjectKey> asking = new HashSet<>();
    for (ResourceObject object : store.list(Selection.EVERYTHING).objects()) {
      if (object.kind() == Kind.SERVICE && LocalityWeighting.byLoad(object)) {
        asking.add(object.key());
      }
    }
    return asking;
  }

  private Map<ObjectKey, Map<Locality, Seen>> seen(Set<ObjectKey> asking) {
    Map<ObjectKey, Map<Locality, Seen>> seen = new HashMap<>();
    if (asking.isEmpty()) {
      return seen;
    }
    for (ClusterLoad cluster : loads.get()) {
      Names.serviceOf(cluster.cluster())
          .filter(asking::contains)
          .ifPresent(service -> {
            Map<Locality, Seen> places = seen.computeIfAbsent(service, s -> new HashMap<>());
            for (LocalityLoad load : cluster.localities()) {
              Locality place =
                  new Locality(
                      load.locality().region(), load.locality().zone(), load.locality().subZone());
              places.put(place, places.getOrDefault(place, Seen.NOTHING).plus(load));
            }
          });
    }
    return seen;
  }

  /** The shares that are not whole. */
  private static Map<Locality, Integer> round(
      Map<Locality, Integer> shares, Map<Locality, Seen> before, Map<Locality, Seen> now) {
    Map<Locality, Seen> judged = new HashMap<>();
    now.forEach((place, seen) -> {
      Seen earlier = before.get(place);
      // A sum that has shrunk is one that began anew.
      if (earlier != null
          && seen.succeeded() >= earlier.succeeded()
          && seen.failed() >= earlier.failed()
          && seen.since(earlier).ended() >= ENOUGH) {
        judged.put(place, seen.since(earlier));
      }
    });
    Map<Locality, Integer> next = new HashMap<>();
    Set<Locality> all = new HashSet<>(shares.keySet());
    all.addAll(judged.keySet());
    for (Locality place : all) {
      int share = shares.getOrDefault(place, 100);
      // Of whom nothing is known the share returns: it may be well, and is seen when it is called.
      int target = judged.containsKey(place) ? target(place, judged) : 100;
      int moved = Math.clamp(target, share - FALL, share + RISE);
      int rounded = Math.clamp((moved + 5L) / 10 * 10, LEAST, 100);
      if (rounded < 100) {
        next.put(place, rounded);
      }
    }
    return next;
  }

  /** The share that a locality should have, by what the others fare. */
  private static int target(Locality place, Map<Locality, Seen> judged) {
    Seen own = judged.getOrDefault(place, Seen.NOTHING);
    double least = 1;
    double fastest = Double.MAX_VALUE;
    for (Map.Entry<Locality, Seen> other : judged.entrySet()) {
      if (!other.getKey().equals(place)) {
        least = Math.min(least, other.getValue().errors());
        double seconds = other.getValue().seconds();
        fastest = seconds > 0 ? Math.min(fastest, seconds) : fastest;
      }
    }
    double target = 100;
    double expected = least * own.ended();
    double chance = DEVIATIONS * Math.sqrt(Math.max(1, expected));
    if (judged.size() > 1 && own.failed() - expected > chance) {
      double ratio = (1 - own.errors()) / (1 - least);
      target *= ratio * ratio;
    }
    if (own.seconds() > SLOWER * fastest) {
      target *= SLOWER * fastest / own.seconds();
    }
    return (int) target;
  }

  // ---- the note

  private static String write(Map<ObjectKey, Map<Locality, Integer>> weights) {
    if (weights.isEmpty()) {
      return "";
    }
    ArrayNode root = MAPPER.createArrayNode();
    new TreeMap<>(weights)
        .forEach((service, shares) -> {
          ObjectNode out = root.addObject();
          out.put("namespace", service.namespace()).put("name", service.name());
          ArrayNode places = out.putArray("localities");
          TreeMap<String, Locality> sorted = new TreeMap<>();
          shares.keySet().forEach(place -> sorted.put(place.toString(), place));
          for (Locality place : sorted.values()) {
            places
                .addObject()
                .put("region", place.region())
                .put("zone", place.zone())
                .put("subZone", place.subZone())
                .put("share", shares.getOrDefault(place, 100));
          }
        });
    return root.toString();
  }

  private static Map<ObjectKey, Map<Locality, Integer>> read(String text) {
    Map<ObjectKey, Map<Locality, Integer>> weights = new HashMap<>();
    if (text.isEmpty()) {
      return weights;
    }
    try {
      for (JsonNode node : MAPPER.readTree(text)) {
        Map<Locality, Integer> shares = new HashMap<>();
        for (JsonNode place : node.path("localities")) {
          shares.put(
              new Locality(
                  place.path("region").asText(),
                  place.path("zone").asText(),
                  place.path("subZone").asText()),
              Math.clamp(place.path("share").asInt(), LEAST, 100));
        }
        weights.put(
            new ObjectKey(
                Kind.SERVICE, node.path("namespace").asText(), node.path("name").asText()),
            Map.copyOf(shares));
      }
    } catch (JsonProcessingException | IllegalArgumentException e) {
      LOG.error("the note {} cannot be understood: every locality has its whole weight", NOTE, e);
      return Map.of();
    }
    return Map.copyOf(weights);
  }
}
