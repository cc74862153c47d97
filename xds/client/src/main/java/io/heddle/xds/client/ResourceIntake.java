package io.heddle.xds.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the resources of a response to the sink and keeps what was accepted. Owned by the client's
 * thread.
 *
 * <p>Order: what is malformed or named twice is refused, what nobody asked for or has not changed
 * is left out, the sink judges the rest, and only what it accepted is kept.
 */
final class ResourceIntake {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceIntake.class);

  private static final String NAMELESS = "?";

  private final ResourceSink sink;
  private final ClientLimits limits;
  private final Lifetimes lifetimes;
  private long heldBytes;

  ResourceIntake(ResourceSink sink, ClientLimits limits, XdsScheduler scheduler) {
    this.sink = sink;
    this.limits = limits;
    this.lifetimes = new Lifetimes(scheduler);
  }

  /** What brings this type failed. */
  void failed(TypeState state) {
    state.stats.failure.incrementAndGet();
    sink.failed(state.type);
  }

  /** A response of this type could not be read. */
  void unreadable(TypeState state) {
    state.stats.rejected.incrementAndGet();
    sink.unreadable(state.type);
  }

  /** Ends every wait. */
  void close() {
    lifetimes.close();
  }

  /**
   * Takes a response of the control plane.
   *
   * @param gone names that a delta response removes
   * @param whole whether what the response leaves out is gone
   * @return the refusal's text, empty where all was accepted
   */
  String take(
      TypeState state,
      List<Candidate> candidates,
      Collection<String> gone,
      boolean whole,
      String version) {
    Map<String, String> refused = new TreeMap<>();
    Map<String, ReceivedResource> usable = new LinkedHashMap<>();
    Set<String> present = new HashSet<>();
    if (candidates.size() > limits.maxResourcesPerResponse()) {
      refused.put(
          "*",
          "resources: found "
              + candidates.size()
              + " in one response, expected at most "
              + limits.maxResourcesPerResponse());
      sink.unreadable(state.type);
      return finish(state, refused, version);
    }
    for (Candidate candidate : candidates) {
      sort(state, candidate, present, usable, refused);
    }
    Set<String> removed = new HashSet<>();
    Set<String> absent = new HashSet<>();
    // A resource whose name cannot be read may be any of those that seem to be left out.
    boolean allNamed = !refused.containsKey(NAMELESS);
    collectGone(state, gone, whole && allNamed, present, removed, absent);
    List<ReceivedResource> unchanged = dropUnchanged(state, usable);
    boundBytes(state, usable, refused);
    refused.putAll(
        judge(
            new ResourceUpdate(
                state.type,
                new ArrayList<>(usable.values()),
                removed,
                absent,
                ResourceUpdate.Origin.CONTROL_PLANE,
                version,
                unchanged,
                refused)));
    for (String name : removed) {
      forget(state, name);
    }
    state.absent.addAll(absent);
    keep(state, usable, refused);
    limitLives(state, candidates);
    state.answered = true;
    return finish(state, refused, version);
  }

  /** Renews the lives of what has one, and of what no longer has. */
  private void limitLives(TypeState state, List<Candidate> candidates) {
    for (Candidate candidate : candidates) {
      switch (candidate) {
        case Candidate.Usable usable -> live(state, usable.name(), usable.ttl());
        case Candidate.KeepAlive alive -> live(state, alive.name(), alive.ttl());
        case Candidate.Broken _ -> {}
      }
    }
  }

  private void live(TypeState state, String name, Duration ttl) {
    if (state.held.containsKey(name)) {
      lifetimes.renew(state.type, name, ttl, () -> expire(state, name));
    }
  }

  private void expire(TypeState state, String name) {
    if (state.held.containsKey(name)) {
      LOG.warn("{}: its time to live is over", NackText.subject(state.type, name));
      var _ =
          judge(
              new ResourceUpdate(
                  state.type,
                  List.of(),
                  state.type.removable() ? Set.of(name) : Set.of(),
                  state.type.fullState() ? Set.of() : Set.of(name),
                  ResourceUpdate.Origin.EXPIRY));
      forget(state, name);
    }
  }

  /**
   * Hands on what the last good configuration has; the sink may refuse it, nobody is told.
   *
   * @param missing names that it names and does not have
   */
  void replay(TypeState state, Collection<ReceivedResource> resources, Set<String> missing) {
    Map<String, ReceivedResource> usable = new LinkedHashMap<>();
    for (ReceivedResource resource : resources) {
      usable.put(resource.name(), resource);
    }
    Map<String, String> refused =
        judge(
            new ResourceUpdate(
                state.type,
                new ArrayList<>(resources),
                Set.of(),
                missing,
                ResourceUpdate.Origin.DISK));
    keep(state, usable, refused);
    if (!refused.isEmpty()) {
      LOG.warn("Last good configuration: {}", NackText.of(state.type, refused));
    }
  }

  /** Lets go of a resource that nobody wants any more. */
  void forget(TypeState state, String name) {
    ReceivedResource before = state.held.remove(name);
    if (before != null) {
      heldBytes -= before.body().getValue().size();
    }
    state.absent.remove(name);
    lifetimes.end(state.type, name);
  }

  private static void sort(
      TypeState state,
      Candidate candidate,
      Set<String> present,
      Map<String, ReceivedResource> usable,
      Map<String, String> refused) {
    String name = candidate.name();
    if (!name.isEmpty() && !present.add(name)) {
      usable.remove(name);
      refused.put(name, "name: found twice in one response, expected once");
      return;
    }
    switch (candidate) {
      case Candidate.Usable fine -> {
        if (state.wants(name)) {
          usable.put(name, fine.resource());
        }
      }
      case Candidate.Broken broken -> refused.put(name.isEmpty() ? NAMELESS : name, broken.why());
      case Candidate.KeepAlive alive -> LOG.trace("{} lives on", alive.name());
    }
  }

  private static void collectGone(
      TypeState state,
      Collection<String> gone,
      boolean whole,
      Set<String> present,
      Set<String> removed,
      Set<String> absent) {
    for (String name : gone) {
      if (present.contains(name)) {
        continue;
      }
      if (state.type.removable() && (state.type.fullState() || state.held.containsKey(name))) {
        removed.add(name);
      }
      if (!state.type.fullState() && state.wants(name)) {
        absent.add(name);
      }
    }
    if (whole) {
      for (String name : state.held.keySet()) {
        if (!present.contains(name)) {
          removed.add(name);
        }
      }
    }
  }

  private static List<ReceivedResource> dropUnchanged(
      TypeState state, Map<String, ReceivedResource> usable) {
    List<ReceivedResource> unchanged = new ArrayList<>();
    for (ReceivedResource resource : usable.values()) {
      if (unchanged(state, resource)) {
        unchanged.add(resource);
      }
    }
    unchanged.forEach(resource -> usable.remove(resource.name()));
    return unchanged;
  }

  private static boolean unchanged(TypeState state, ReceivedResource resource) {
    ReceivedResource before = state.held.get(resource.name());
    if (before == null || !before.body().getValue().equals(resource.body().getValue())) {
      return false;
    }
    state.held.put(resource.name(), resource);
    state.absent.remove(resource.name());
    return true;
  }

  private void boundBytes(
      TypeState state, Map<String, ReceivedResource> usable, Map<String, String> refused) {
    long after = heldBytes;
    for (ReceivedResource resource : List.copyOf(usable.values())) {
      ReceivedResource before = state.held.get(resource.name());
      long more = resource.body().getValue().size();
      if (before != null) {
        more -= before.body().getValue().size();
      }
      if (after + more > limits.maxHeldBytes()) {
        usable.remove(resource.name());
        refused.put(
            resource.name(),
            "size: found "
                + (after + more)
                + " bytes with all other resources, expected at most "
                + limits.maxHeldBytes());
      } else {
        after += more;
      }
    }
  }

  private Map<String, String> judge(ResourceUpdate update) {
    try {
      return sink.apply(update);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // A bug of ours, or of a plugin, must not end the stream, nor pass as an acceptance.
      LOG.error("The {} update could not be applied", update.type(), e);
      Map<String, String> all = new TreeMap<>();
      for (ReceivedResource resource : update.resources()) {
        all.put(resource.name(), "internal error: " + e);
      }
      if (all.isEmpty()) {
        all.put("*", "internal error: " + e);
      }
      return all;
    }
  }

  private void keep(
      TypeState state, Map<String, ReceivedResource> usable, Map<String, String> refused) {
    for (ReceivedResource resource : usable.values()) {
      if (!refused.containsKey(resource.name())) {
        forget(state, resource.name());
        state.held.put(resource.name(), resource);
        heldBytes += resource.body().getValue().size();
      }
    }
  }

  private static String finish(TypeState state, Map<String, String> refused, String version) {
    if (refused.isEmpty()) {
      state.stats.success.incrementAndGet();
      state.stats.version = NackText.cut(version, 256);
      return "";
    }
    state.stats.rejected.incrementAndGet();
    String text = NackText.of(state.type, refused);
    LOG.warn("Refused: {}", text);
    return text;
  }
}
