package io.heddle.control.core.publish;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.core.rollout.Proposal;
import io.heddle.control.core.rollout.Selection;
import io.heddle.control.core.rollout.Stage;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.Names;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Place;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.LoadReports.Outcomes;
import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.ResourceVersion;
import io.heddle.xds.server.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shows some nodes the configuration that a change would bring, beside the one that all others see.
 *
 * <p>The change has a translator of its own, a fork of the settled one, which is told of everything
 * that one is told of. Where what they produce differs, and nowhere else, the fork's resource is
 * put into the own scope of each staged node, which comes before all shared ones; what the fork
 * does not produce is hidden there. Both sides of a difference are taken in and published at once,
 * so that a change that is written in the end is moved into the shared scopes without a push.
 *
 * <p>Owned by the publisher's thread, but for what {@link StagingView} reads.
 */
final class SideBySide {
  /** Where the board is told what stands in the own scopes of the staged nodes. */
  private static final String BESIDE = "staged/";

  /**
   * A node, also one that left and is remembered.
   *
   * @param metadata what it says of itself, without the labels of its instance
   * @param nodeZone likewise
   * @param sees its scopes
   */
  record Member(
      Scope own,
      Stage.Candidate proxy,
      NodeFacts facts,
      Map<String, String> metadata,
      String nodeZone,
      Set<Scope> sees,
      boolean connected) {
    /** With what is registered of its instance. */
    Member beside(Optional<RegisteredInstance> instance) {
      Map<String, String> labels = new HashMap<>(metadata);
      instance.ifPresent(one -> labels.putAll(one.effectiveLabels()));
      String zone =
          nodeZone.isEmpty() ? instance.map(one -> one.locality().zone()).orElse("") : nodeZone;
      Stage.Candidate now = new Stage.Candidate(proxy.id(), labels, zone);
      return new Member(own, now, facts, metadata, nodeZone, sees, connected);
    }

    Member gone() {
      return new Member(own, proxy, facts, metadata, nodeZone, sees, false);
    }

    Optional<ServiceKey> service() {
      return facts instanceof NodeFacts.Sidecar sidecar
          ? Optional.of(new ServiceKey(sidecar.namespace(), sidecar.service()))
          : Optional.empty();
    }
  }

  /** What one change brings. */
  private static final class Draft {
    final Translator translator;
    final Set<ObjectKey> objects = new HashSet<>();
    volatile Selection selection;

    /** Set once it has ended; from the state in which it was written on, or at once. */
    @Nullable Revision ended;

    Draft(Translator translator, Selection selection) {
      this.translator = translator;
      this.selection = selection;
    }
  }

  private final Translator settled;
  private final StatusBoard board;

  /** Whether a node has an own version of a resource because it refuses the shared one. */
  private final BiPredicate<String, ResourceKey> contained;

  /** Whether a node refuses anything. */
  private final Predicate<String> refusing;

  final Map<Scope, Member> members = new ConcurrentHashMap<>();

  /** The own scopes of staged nodes. */
  final Set<Scope> staged = ConcurrentHashMap.newKeySet();

  /** What the fork has where the settled translator has something else; empty for nothing. */
  final Map<Place, Optional<Produced>> differing = new ConcurrentHashMap<>();

  private final Map<ServiceKey, Set<Scope>> byService = new HashMap<>();

  /** The own scopes of the staged nodes that see a scope. */
  private final Map<Scope, Set<Scope>> seers = new HashMap<>();

  /** Staged nodes that see other scopes since the last publication, as they were. */
  private final Map<Scope, Member> moved = new HashMap<>();

  /** Staged since the last publication. */
  private final Set<Scope> arriving = new LinkedHashSet<>();

  private volatile @Nullable Draft draft;

  SideBySide(
      Translator settled,
      StatusBoard board,
      BiPredicate<String, ResourceKey> contained,
      Predicate<String> refusing) {
    this.settled = settled;
    this.board = board;
    this.contained = contained;
    this.refusing = refusing;
  }

  /** Whether there is a change. */
  boolean active() {
    return draft != null;
  }

  /** The objects of the change; none where there is none. */
  Set<ObjectKey> objects() {
    Draft present = draft;
    return present == null ? Set.of() : present.objects;
  }

  boolean mayBeStaged(Member member) {
    Draft present = draft;
    return (present != null && present.selection.everyone()) || !refusing.test(member.proxy().id());
  }

  /**
   * What proxies report, with the clusters that each has of its own told apart: that of a sidecar's
   * application has one name everywhere, and is another service's each time.
   */
  Map<String, Map<String, Outcomes>> apart(Map<String, Map<String, Outcomes>> reported) {
    Map<String, ServiceKey> services = new HashMap<>();
    for (Member member : members.values()) {
      member.service().ifPresent(key -> services.put(member.proxy().id(), key));
    }
    Map<String, Map<String, Outcomes>> told = new HashMap<>();
    reported.forEach((proxy, clusters) -> {
      Map<String, Outcomes> named = new HashMap<>(clusters);
      // What else a proxy calls, such as this control plane, is no affair of the mesh's objects.
      named.keySet().removeIf(name -> name.indexOf('/') < 1 && !name.equals(Names.INBOUND));
      ServiceKey service = services.get(proxy);
      Outcomes own = named.remove(Names.INBOUND);
      if (own != null) {
        named.put(Names.INBOUND + (service == null ? "" : " of " + service), own);
      }
      told.put(proxy, named);
    });
    return told;
  }

  // ---- what changes

  void propose(List<Proposal> change, Selection selection) {
    Translator fork = settled.fork();
    Draft made = new Draft(fork, selection);
    for (Proposal proposal : change) {
      made.objects.add(proposal.key());
      switch (proposal) {
        case Proposal.Put put -> fork.update(put.object());
        case Proposal.Remove remove -> fork.remove(remove.key());
      }
    }
    draft = made;
    Translation first = fork.translate();
    Set<Place> places = new LinkedHashSet<>(settled.places());
    first.put().forEach(produced -> places.add(produced.place()));
    places.forEach(this::compare);
    members.values().forEach(this::decide);
  }

  void reach(Selection selection) {
    Draft present = draft;
    if (present != null) {
      present.selection = selection;
      members.values().forEach(this::decide);
    }
  }

  /**
   * The change is over.
   *
   * @param written the state in which it was written, which must be published first; none where it
   *     was taken back
   */
  void end(Revision written) {
    Draft present = draft;
    if (present != null) {
      present.ended = written;
    }
  }

  /** Everybody sees the settled configuration again. */
  private void drop(CacheUpdate.Builder update) {
    for (Place place : differing.keySet()) {
      seeing(place.scope()).forEach(member -> restore(member, place, update));
      board.recordRemoved(beside(place));
    }
    differing.clear();
    staged.clear();
    seers.clear();
    arriving.clear();
    moved.clear();
    draft = null;
  }

  /** A write of something that is no part of the change. */
  void apply(StoreEvent event) {
    if (!objects().contains(event.key())) {
      tell(fork -> {
        switch (event) {
          case StoreEvent.Updated updated -> fork.update(updated.object());
          case StoreEvent.Removed removed -> fork.remove(removed.key());
        }
      });
    }
  }

  /** Likewise of all objects. */
  void relist(List<ResourceObject> objects) {
    Set<ObjectKey> own = objects();
    tell(fork -> {
      List<ResourceObject> all = new ArrayList<>();
      objects.stream().filter(object -> !own.contains(object.key())).forEach(all::add);
      fork.objects().values().stream()
          .filter(object -> own.contains(object.key()))
          .forEach(all::add);
      fork.relist(all);
    });
  }

  /** What the settled translator is told is told to the fork, too. */
  void tell(Consumer<Translator> event) {
    Draft present = draft;
    if (present != null) {
      event.accept(present.translator);
    }
  }

  /** A node is there. */
  void connected(Scope own, NodeFacts facts, NodeInfo node) {
    Member member =
        new Member(
                own,
                new Stage.Candidate(node.id(), Map.of(), node.locality().zone()),
                facts,
                node.metadata(),
                node.locality().zone(),
                Set.copyOf(settled.scopesOf(own, facts)),
                true)
            .beside(settled.instanceOf(facts));
    Member before = members.put(own, member);
    if (before != null && staged.contains(own) && !before.sees().equals(member.sees())) {
      moved.putIfAbsent(own, before);
    }
    member
        .service()
        .ifPresent(key -> byService.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(own));
    tell(fork -> fork.node(own, facts));
    decide(member);
  }

  void disconnected(Scope own) {
    members.computeIfPresent(own, (scope, member) -> member.gone());
  }

  void forget(Scope own) {
    Member member = members.remove(own);
    if (member != null) {
      member
          .service()
          .ifPresent(key ->
              byService.computeIfPresent(
                  key,
                  (k, all) -> {
                    all.remove(own);
                    return all.isEmpty() ? null : all;
                  }));
    }
    staged.remove(own);
    seers.values().forEach(all -> all.remove(own));
    arriving.remove(own);
    tell(fork -> fork.forget(own));
  }

  /** The instances of these services are others now; so may the labels of their proxies be. */
  void instances(Collection<ServiceKey> services) {
    for (ServiceKey service : services) {
      for (Scope own : byService.getOrDefault(service, Set.of())) {
        Member member = members.get(own);
        if (member != null) {
          Member now = member.beside(settled.instanceOf(member.facts()));
          members.put(own, now);
          decide(now);
        }
      }
    }
  }

  private void decide(Member member) {
    Draft present = draft;
    if (present != null
        && mayBeStaged(member)
        && present.selection.includes(member.proxy())
        && staged.add(member.own())) {
      arriving.add(member.own());
      member
          .sees()
          .forEach(
              scope -> seers.computeIfAbsent(scope, s -> new LinkedHashSet<>()).add(member.own()));
    }
  }

  // ---- what is shown

  /**
   * Adds to an update what becomes different by it for the staged nodes.
   *
   * @param translation what the update brings to everybody
   * @param reached whether it is of a state of the store, or a later one
   */
  void publish(Translation translation, CacheUpdate.Builder update, Predicate<Revision> reached) {
    Draft present = draft;
    if (present == null) {
      return;
    }
    Set<Place> touched = new LinkedHashSet<>();
    Translation mine = present.translator.translate();
    Stream.of(translation, mine)
        .forEach(one -> {
          one.put().forEach(produced -> touched.add(produced.place()));
          touched.addAll(one.removed());
        });
    for (Place place : touched) {
      boolean before = differing.containsKey(place);
      boolean now = compare(place);
      if (before || now) {
        for (Member member : seeing(place.scope())) {
          if (now) {
            show(member, place, update);
          } else {
            restore(member, place, update);
          }
        }
      }
    }
    moved.forEach((own, before) -> move(before, update));
    moved.clear();
    for (Scope own : arriving) {
      Member member = members.get(own);
      if (member != null) {
        differing.keySet().stream()
            .filter(place -> member.sees().contains(place.scope()))
            .forEach(place -> show(member, place, update));
      }
    }
    arriving.clear();
    Revision ended = present.ended;
    if (ended != null && (ended.equals(Revision.NONE) || reached.test(ended))) {
      drop(update);
    }
  }

  /** What a node was shown of scopes that it sees no more goes; it is shown those that it sees. */
  private void move(Member before, CacheUpdate.Builder update) {
    Member member = members.get(before.own());
    seers.values().forEach(all -> all.remove(before.own()));
    differing.keySet().stream()
        .filter(place -> before.sees().contains(place.scope()))
        .forEach(place -> restore(before, place, update));
    if (member != null) {
      member
          .sees()
          .forEach(
              scope -> seers.computeIfAbsent(scope, s -> new LinkedHashSet<>()).add(member.own()));
      arriving.add(member.own());
    }
  }

  /**
   * Whether the change lets the service of that scope begin or cease to say whom it calls. Who sees
   * the scope is decided when it is written; until then nothing of it is shown to anybody.
   */
  private boolean undecided(Place place) {
    Draft present = draft;
    return present != null
        && place.scope().id().startsWith("reach/")
        && settled.bounds(place.scope()) != present.translator.bounds(place.scope());
  }

  /** Whether the two have something different there. */
  private boolean compare(Place place) {
    Draft present = draft;
    Optional<Produced> old = settled.standing(place);
    Optional<Produced> next =
        present == null ? Optional.empty() : present.translator.standing(place);
    boolean same =
        undecided(place)
            || old.map(produced -> produced.resource().version())
                .equals(next.map(produced -> produced.resource().version()));
    if (same) {
      if (differing.remove(place) != null) {
        board.recordRemoved(beside(place));
      }
      return false;
    }
    differing.put(place, next);
    next.ifPresentOrElse(
        produced ->
            board.recordProduced(
                new Produced(beside(place).scope(), produced.resource(), produced.from())),
        () -> board.recordRemoved(beside(place)));
    return true;
  }

  private static Place beside(Place place) {
    return new Place(new Scope(BESIDE + place.scope().id()), place.key());
  }

  private List<Member> seeing(Scope scope) {
    return seers.getOrDefault(scope, Set.of()).stream()
        .map(members::get)
        .filter(member -> member != null)
        .toList();
  }

  private void show(Member member, Place place, CacheUpdate.Builder update) {
    if (contained.test(member.proxy().id(), place.key())) {
      return;
    }
    Optional<Produced> next = differing.getOrDefault(place, Optional.empty());
    if (next.isPresent()) {
      update.put(member.own(), next.get().resource());
    } else if (place.scope().equals(member.own())) {
      update.remove(member.own(), place.key());
    } else {
      update.hide(member.own(), place.key());
    }
  }

  private void restore(Member member, Place place, CacheUpdate.Builder update) {
    if (contained.test(member.proxy().id(), place.key())) {
      return;
    }
    Optional<Produced> old = settled.standing(place);
    if (place.scope().equals(member.own()) && old.isPresent()) {
      update.put(member.own(), old.get().resource());
    } else {
      update.remove(member.own(), place.key());
    }
  }

  /** Whether a node was shown this very version because it is staged. */
  boolean showed(Rejection rejection) {
    return active()
        && versions().contains(rejection.resource())
        && members.values().stream()
            .anyMatch(member ->
                member.proxy().id().equals(rejection.nodeId()) && staged.contains(member.own()));
  }

  /** Every version of the fork's that differs. */
  Set<ResourceVersion> versions() {
    Set<ResourceVersion> versions = new HashSet<>();
    differing.forEach((place, next) -> {
      ResourceType type = place.key().type();
      if (next.isPresent()) {
        versions.add(next.get().resource().resourceVersion());
      } else if (type.removable()) {
        // Of the other types a proxy keeps what it holds until it asks for it no more.
        versions.add(ResourceVersion.absent(type, place.key().name()));
      }
    });
    return versions;
  }

  /** The objects of the change that a resource embodies. */
  List<ObjectKey> embodiedIn(ResourceKey key, String version) {
    Set<ObjectKey> changed = objects();
    return differing.values().stream()
        .flatMap(Optional::stream)
        .filter(produced ->
            produced.resource().key().equals(key) && produced.resource().version().equals(version))
        .flatMap(produced -> produced.from().keySet().stream())
        .filter(changed::contains)
        .distinct()
        .sorted()
        .toList();
  }
}
