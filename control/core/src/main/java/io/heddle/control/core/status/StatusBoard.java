package io.heddle.control.core.status;

import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.ConditionStatus;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectStatus;
import io.heddle.control.api.resource.ProxySync.RejectedProxy;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Place;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Verdict;
import io.heddle.xds.server.ProxyStatus;
import io.heddle.xds.server.ProxySync;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceVersion;
import io.heddle.xds.server.SyncView;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Traces objects to the resource versions that embody them, and these to the proxies.
 *
 * <p>Written by the publisher's thread through the methods named {@code record…} and {@code
 * replace…}; the others may be called by any thread that may wait, never by an xDS shard.
 */
public final class StatusBoard {
  private static final int NAMED_REJECTIONS = 10;
  private static final String PROGRAMMED = "Programmed";

  private final SyncView view;
  private final Conditions conditions;
  private final Map<ObjectKey, Verdict> verdicts = new ConcurrentHashMap<>();
  private final Map<Place, Produced> produced = new ConcurrentHashMap<>();
  private final Map<String, KnownProxy> proxies = new ConcurrentHashMap<>();

  /** By node, then by resource name. */
  private final Map<String, Map<String, List<Culprit>>> culprits = new ConcurrentHashMap<>();

  private volatile Elsewhere elsewhere = Elsewhere.NOWHERE;

  public StatusBoard(SyncView view, Clock clock) {
    this.view = view;
    this.conditions = new Conditions(clock);
  }

  /** From now on what is said of objects and proxies is of other control planes' proxies, too. */
  public void beside(Elsewhere others) {
    elsewhere = others;
  }

  /** What was decided and produced. */
  public void recordTranslation(Translation translation) {
    translation.put().forEach(this::recordProduced);
    translation.removed().forEach(produced::remove);
    verdicts.putAll(translation.verdicts());
    for (ObjectKey key : translation.gone()) {
      verdicts.remove(key);
      conditions.forget(key);
    }
  }

  /** A resource stands somewhere. */
  public void recordProduced(Produced one) {
    produced.put(one.place(), one);
  }

  /** A resource stands there no more. */
  public void recordRemoved(Place place) {
    produced.remove(place);
  }

  /** A proxy connected or left. */
  public void recordProxy(KnownProxy proxy) {
    proxies.put(proxy.nodeId(), proxy);
  }

  /**
   * A proxy has left the mesh and is not missed. What it refused counts again if it returns, and
   * until then against no object.
   */
  public void recordGone(String nodeId) {
    proxies.remove(nodeId);
  }

  /** A proxy is no longer remembered. */
  public void recordForgotten(String nodeId) {
    proxies.remove(nodeId);
    culprits.remove(nodeId);
  }

  /** What is kept from one proxy in one resource now. */
  public void replaceCulprits(String nodeId, String resource, List<Culprit> now) {
    culprits.compute(
        nodeId,
        (id, before) -> {
          Map<String, List<Culprit>> all = before == null ? new TreeMap<>() : new TreeMap<>(before);
          if (now.isEmpty()) {
            all.remove(resource);
          } else {
            all.put(resource, List.copyOf(now));
          }
          return all.isEmpty() ? null : Map.copyOf(all);
        });
  }

  /** The objects with their status filled in, as it is at all control planes. */
  public List<ResourceObject> withStatus(Collection<ResourceObject> objects) {
    Map<ObjectKey, Long> generations = generations(objects);
    return withStatus(objects, elsewhere.objects(generations, missing()));
  }

  /** The objects with their status filled in, as it is at the proxies of this control plane. */
  public List<ResourceObject> withOwnStatus(Collection<ResourceObject> objects) {
    return withStatus(objects, Elsewhere.Standing.NONE);
  }

  private static Map<ObjectKey, Long> generations(Collection<ResourceObject> objects) {
    Map<ObjectKey, Long> generations = new LinkedHashMap<>();
    objects.forEach(object -> generations.put(object.key(), object.metadata().generation()));
    return generations;
  }

  /** Proxies that refused something here and left; they may be connected elsewhere. */
  public Set<String> missing() {
    Set<String> missing = new HashSet<>();
    for (String id : culprits.keySet()) {
      KnownProxy known = proxies.get(id);
      if (known != null && !known.connected()) {
        missing.add(id);
      }
    }
    return missing;
  }

  /** Whether a proxy is connected to this control plane. */
  public boolean connected(String id) {
    KnownProxy known = proxies.get(id);
    return known != null && known.connected();
  }

  private List<ResourceObject> withStatus(
      Collection<ResourceObject> objects, Elsewhere.Standing others) {
    Map<ObjectKey, Set<ResourceVersion>> versions = versions(generations(objects));
    List<ResourceObject> filled = new ArrayList<>();
    for (ResourceObject object : objects) {
      Set<ResourceVersion> own = versions.getOrDefault(object.key(), Set.of());
      filled.add(object.withStatus(status(object, own, others)));
    }
    return filled;
  }

  /** What embodies each object in that generation. */
  private Map<ObjectKey, Set<ResourceVersion>> versions(Map<ObjectKey, Long> generations) {
    Map<ObjectKey, Set<ResourceVersion>> versions = new LinkedHashMap<>();
    for (Produced one : produced.values()) {
      one.from()
          .forEach((key, generation) -> {
            if (generation.equals(generations.get(key))) {
              versions
                  .computeIfAbsent(key, k -> new HashSet<>())
                  .add(one.resource().resourceVersion());
            }
          });
    }
    return versions;
  }

  /** The object with its status filled in. */
  public ResourceObject withStatus(ResourceObject object) {
    return withStatus(List.of(object)).getFirst();
  }

  private ObjectStatus status(
      ResourceObject object, Set<ResourceVersion> versions, Elsewhere.Standing others) {
    ObjectKey key = object.key();
    long generation = object.metadata().generation();
    Verdict verdict = verdicts.get(key);
    if (verdict == null || verdict.generation() != generation) {
      return ObjectStatus.NONE;
    }
    io.heddle.control.api.resource.ProxySync sync =
        sum(
            sync(key, generation, versions, id -> !others.here().contains(id)),
            others.objects().getOrDefault(key, io.heddle.control.api.resource.ProxySync.NONE));
    List<Condition> all = new ArrayList<>();
    verdict.claims().forEach(claim -> all.add(conditions.of(key, claim, generation)));
    Condition programmed = programmed(key, generation, sync);
    all.add(programmed);
    List<ObjectStatus.Part> parts = new ArrayList<>();
    for (Verdict.Part part : verdict.parts()) {
      parts.add(part(key, generation, part, programmed));
    }
    return new ObjectStatus(generation, all, sync, parts);
  }

  /** Both together. */
  static io.heddle.control.api.resource.ProxySync sum(
      io.heddle.control.api.resource.ProxySync one, io.heddle.control.api.resource.ProxySync two) {
    List<RejectedProxy> named = new ArrayList<>(one.rejectedBy());
    for (RejectedProxy other : two.rejectedBy()) {
      if (named.size() < NAMED_REJECTIONS) {
        named.add(other);
      }
    }
    return new io.heddle.control.api.resource.ProxySync(
        one.inSync() + two.inSync(),
        one.behind() + two.behind(),
        one.rejected() + two.rejected(),
        named);
  }

  /** How objects stand at the proxies that are connected here; without those that nobody has. */
  Map<ObjectKey, io.heddle.control.api.resource.ProxySync> standing(
      Map<ObjectKey, Long> generations) {
    Map<ObjectKey, Set<ResourceVersion>> versions = versions(generations);
    Map<ObjectKey, io.heddle.control.api.resource.ProxySync> standing = new LinkedHashMap<>();
    generations.forEach((key, generation) -> {
      io.heddle.control.api.resource.ProxySync sync =
          sync(key, generation, versions.getOrDefault(key, Set.of()), this::connected);
      if (!sync.equals(io.heddle.control.api.resource.ProxySync.NONE)) {
        standing.put(key, sync);
      }
    });
    return standing;
  }

  private ObjectStatus.Part part(
      ObjectKey key, long generation, Verdict.Part part, Condition programmed) {
    return switch (part) {
      case Verdict.ListenerPart listener -> {
        String place = "listeners/" + listener.name();
        List<Condition> own = conditions.ofPart(key, place, listener.claims(), generation);
        boolean good =
            own.stream()
                .allMatch(c ->
                    (c.status() == ConditionStatus.TRUE) != c.type().equals(Verdict.CONFLICTED));
        own.add(
            conditions.ofPart(
                key,
                place,
                good
                    ? programmed
                    : new Condition(
                        PROGRAMMED,
                        ConditionStatus.FALSE,
                        "Invalid",
                        "the other conditions say why",
                        generation,
                        "")));
        yield new ObjectStatus.ListenerPart(
            listener.name(), listener.attachedRoutes(), listener.supportedKinds(), own);
      }
      case Verdict.TargetPart target ->
          new ObjectStatus.AncestorPart(
              target.target(),
              conditions.ofPart(key, "ancestors/" + target.target(), target.claims(), generation));
      case Verdict.ParentPart parent ->
          new ObjectStatus.ParentPart(
              parent.parent(),
              conditions.ofPart(key, "parents/" + parent.parent(), parent.claims(), generation));
    };
  }

  private io.heddle.control.api.resource.ProxySync sync(
      ObjectKey key, long generation, Set<ResourceVersion> versions, Predicate<String> counts) {
    int inSync = 0;
    int behind = 0;
    int rejected = 0;
    List<RejectedProxy> named = new ArrayList<>();
    for (ProxyAnswer answer : answers(Map.of(key, generation), versions, counts)) {
      switch (answer.state()) {
        case IN_SYNC -> inSync++;
        case BEHIND -> behind++;
        case REJECTED -> {
          rejected++;
          if (named.size() < NAMED_REJECTIONS) {
            named.add(new RejectedProxy(answer.proxy(), answer.resource(), answer.message()));
          }
        }
      }
    }
    return new io.heddle.control.api.resource.ProxySync(inSync, behind, rejected, named);
  }

  /**
   * How every proxy of this control plane stands that these objects concern, each in one
   * generation; ordered by id.
   *
   * @param counts whether what a proxy refused counts; one that left may be another's
   */
  public List<ProxyAnswer> answers(Map<ObjectKey, Long> generations, Predicate<String> counts) {
    Set<ResourceVersion> versions = new HashSet<>();
    for (Produced one : produced.values()) {
      for (Map.Entry<ObjectKey, Long> origin : one.from().entrySet()) {
        if (origin.getValue().equals(generations.get(origin.getKey()))) {
          versions.add(one.resource().resourceVersion());
          break;
        }
      }
    }
    return answers(generations, versions, counts);
  }

  private List<ProxyAnswer> answers(
      Map<ObjectKey, Long> generations, Set<ResourceVersion> versions, Predicate<String> counts) {
    Map<String, ProxyAnswer> answers = new TreeMap<>();
    for (Map<String, List<Culprit>> resources : culprits.values()) {
      for (List<Culprit> list : resources.values()) {
        for (Culprit culprit : list) {
          Long generation = generations.get(culprit.object());
          if (generation != null
              && generation == culprit.generation()
              && proxies.containsKey(culprit.nodeId())
              && counts.test(culprit.nodeId())) {
            answers.put(
                culprit.nodeId(),
                ProxyAnswer.rejected(culprit.nodeId(), culprit.resource(), culprit.message()));
          }
        }
      }
    }
    List<ProxySync> compared = versions.isEmpty() ? List.of() : view.compare(versions);
    for (ProxySync proxy : compared) {
      answers.putIfAbsent(proxy.node().id(), ProxyAnswer.of(proxy));
    }
    return List.copyOf(answers.values());
  }

  private Condition programmed(
      ObjectKey key, long generation, io.heddle.control.api.resource.ProxySync sync) {
    if (sync.rejected() > 0) {
      RejectedProxy first = sync.rejectedBy().getFirst();
      String message =
          "refused by %d; %s says of %s: %s"
              .formatted(sync.rejected(), first.proxy(), first.resource(), first.message());
      return conditions.of(key, PROGRAMMED, ConditionStatus.FALSE, "Rejected", message, generation);
    }
    if (sync.behind() > 0) {
      String message = "waiting for the answer of " + sync.behind();
      return conditions.of(key, PROGRAMMED, ConditionStatus.FALSE, "Pending", message, generation);
    }
    return sync.inSync() == 0
        ? conditions.of(
            key,
            PROGRAMMED,
            ConditionStatus.UNKNOWN,
            "NoProxies",
            "no connected proxy is concerned",
            generation)
        : conditions.of(
            key,
            PROGRAMMED,
            ConditionStatus.TRUE,
            PROGRAMMED,
            "in force at all concerned: " + sync.inSync(),
            generation);
  }

  /** Every proxy that is connected to a control plane or remembered by one, ordered by id. */
  public Elsewhere.Known everyProxy() {
    Elsewhere.Known others = elsewhere.proxies();
    Map<String, ProxyState> all = new TreeMap<>();
    Stream.concat(proxies().stream(), others.proxies().stream())
        .forEach(state -> all.merge(state.id(), state, StatusBoard::current));
    return new Elsewhere.Known(List.copyOf(all.values()), others.silent());
  }

  /**
   * Of what two control planes say of a proxy: it is where it is connected, else where it was last.
   */
  private static ProxyState current(ProxyState one, ProxyState two) {
    boolean here = one.state() != ProxyState.State.DISCONNECTED;
    boolean there = two.state() != ProxyState.State.DISCONNECTED;
    if (here != there) {
      return here ? one : two;
    }
    return one.since().isBefore(two.since()) ? two : one;
  }

  /** Every proxy that is connected here or remembered, ordered by id. */
  public List<ProxyState> proxies() {
    Map<String, ProxyState> states = new TreeMap<>();
    for (KnownProxy known : proxies.values()) {
      if (!known.connected()) {
        states.put(
            known.nodeId(), state(known, ProxyState.State.DISCONNECTED, problem(known.facts())));
      }
    }
    for (ProxyStatus status : view.proxies()) {
      NodeFacts facts = NodeFacts.of(status.node());
      KnownProxy known = new KnownProxy(status.node().id(), facts, true, status.since());
      states.put(known.nodeId(), connected(known, status));
    }
    List<ProxyState> sorted = new ArrayList<>(states.values());
    sorted.sort(Comparator.comparing(ProxyState::id));
    return sorted;
  }

  private ProxyState connected(KnownProxy known, ProxyStatus status) {
    String problem = problem(known.facts());
    if (!problem.isEmpty()) {
      return state(known, ProxyState.State.REJECTED, problem);
    }
    for (List<Culprit> list : culprits.getOrDefault(known.nodeId(), Map.of()).values()) {
      for (Culprit culprit : list) {
        return state(known, ProxyState.State.REJECTED, culprit.object() + ": " + culprit.message());
      }
    }
    if (!status.rejections().isEmpty()) {
      Rejection first = status.rejections().getFirst();
      return state(known, ProxyState.State.REJECTED, first.name() + ": " + first.message());
    }
    boolean pending =
        status.types().isEmpty()
            || status.types().values().stream().anyMatch(ProxyStatus.TypeStatus::pending);
    return state(known, pending ? ProxyState.State.BEHIND : ProxyState.State.IN_SYNC, "");
  }

  private static String problem(NodeFacts facts) {
    return facts instanceof NodeFacts.Unusable unusable ? unusable.problem() : "";
  }

  private static ProxyState state(KnownProxy known, ProxyState.State state, String detail) {
    String service =
        switch (known.facts()) {
          case NodeFacts.Sidecar sidecar -> sidecar.namespace() + "/" + sidecar.service();
          case NodeFacts.GatewayProxy proxy -> proxy.namespace() + "/" + proxy.gateway();
          case NodeFacts.Grpc grpc -> grpc.namespace() + "/" + grpc.service();
          case NodeFacts.Unusable _ -> "";
        };
    return new ProxyState(
        known.nodeId(), known.facts().kind(), service, known.since(), state, detail);
  }
}
