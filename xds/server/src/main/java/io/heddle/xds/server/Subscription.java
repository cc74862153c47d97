package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One type on one stream: what the client holds, what it lacks, and what it is sent next. Owned by
 * the stream's shard.
 *
 * <p>All is driven by names: whatever may concern the client (a change, a new subscription, a
 * refusal) makes a name dirty, and a name stays dirty until the client holds what it should. While
 * a response is unacknowledged nothing is sent, so that what changes meanwhile is merged.
 *
 * <p>A full-state SotW response is what the client accepted last plus the dirty names, never a
 * fresh list, so that the search for a culprit takes away nothing that was accepted on this stream.
 * What the client may hold from an earlier stream is in no such list: until it has accepted one
 * response, nothing is left out because it waits, and the search is a careful one.
 *
 * <p>It is long because asking, sending and settling change the same few sets; what could be parted
 * from them is in {@link Interest}, {@link Doubts}, {@link Isolation} and {@link Holds}.
 */
final class Subscription {
  private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

  /**
   * A response that is not answered yet.
   *
   * @param doubts those that end if it is accepted
   */
  private record InFlight(
      String nonce,
      Map<String, EncodedResource> upserts,
      List<String> removed,
      Map<String, String> doubts,
      boolean trial) {}

  private record Plan(
      Map<String, EncodedResource> upserts, List<String> removed, List<String> waiting) {}

  private final StreamState stream;
  private final ResourceType type;
  private final boolean delta;
  private final boolean wholeState;
  private final Interest interest;
  private final Holds holds;

  /** What the client has accepted and still holds. */
  private final Map<String, EncodedResource> acked = new HashMap<>();

  private final Set<String> dirty = new LinkedHashSet<>();

  private final Doubts doubts = new Doubts();

  /** Names given up after too many refusals, until the content or the subscription changes. */
  private final Set<String> stalled = new LinkedHashSet<>();

  private String stalledBy = "";

  private @Nullable InFlight inFlight;
  private @Nullable Isolation isolation;

  /** Whether the client had accepted something of the type on an earlier stream. */
  private boolean resumed;

  /** Whether the client has accepted a response on this stream. */
  private boolean settled;

  private boolean searching;
  private int trialsLeft;
  private boolean mustAnswer;

  Subscription(StreamState stream, ResourceType type, boolean delta) {
    this.stream = stream;
    this.type = type;
    this.delta = delta;
    this.wholeState = !delta && type.fullState();
    this.interest = new Interest(type.fullState());
    this.holds = new Holds(stream);
  }

  ResourceType type() {
    return type;
  }

  StreamState stream() {
    return stream;
  }

  boolean covers(String name) {
    return interest.covers(name);
  }

  boolean holds(String name) {
    return acked.containsKey(name);
  }

  @Nullable EncodedResource acknowledged(String name) {
    return acked.get(name);
  }

  /** All that the client accepted last and holds. */
  Collection<EncodedResource> acknowledged() {
    return acked.values();
  }

  /** Whether the client may hold something else than what it accepted. */
  boolean doubtful(String name) {
    return doubts.about(name) || (inFlight != null && inFlight.doubts().containsKey(name));
  }

  /** Why a name is not sent for now although no one refused it alone; null where it is not so. */
  @Nullable String stallOf(String name) {
    return stalled.contains(name) ? stalledBy : null;
  }

  int acknowledgedCount() {
    return acked.size();
  }

  int namedCount() {
    return interest.names().size();
  }

  /** Whether something is still to be sent or to be acknowledged. */
  boolean pending() {
    return inFlight != null || isolation != null || !dirty.isEmpty();
  }

  boolean pendingOrStalled() {
    return pending() || !stalled.isEmpty();
  }

  // ---- what the client says

  void request(Request.Sotw request) {
    String nonce = request.common().nonce();
    boolean answered = inFlight != null && nonce.equals(inFlight.nonce());
    if (stream.hasSent(type) && !nonce.isEmpty() && !answered && !stream.isLatest(type, nonce)) {
      // The client has not seen the latest response yet, and will say again what it wants then. But
      // what it drops here and wants again by then, it has forgotten.
      if (inFlight != null) {
        interest.missingFrom(request.names()).forEach(this::resend);
      }
      return;
    }
    if (!interest.started()) {
      begin(request.resumed());
    }
    InFlight answeredResponse = answered ? take() : null;
    // Names first: an ACK that drops a name must not record it as held.
    change(interest.replace(request.names()), Map.of());
    settle(answeredResponse, request.common().error());
  }

  void request(Request.Delta request) {
    boolean first = !interest.started();
    InFlight answered =
        inFlight != null && request.common().nonce().equals(inFlight.nonce()) ? take() : null;
    Map<String, String> initial = first ? request.initialVersions() : Map.of();
    if (first) {
      begin(!initial.isEmpty());
    }
    change(interest.adjust(request.subscribe(), request.unsubscribe()), initial);
    settle(answered, request.common().error());
  }

  private void begin(boolean again) {
    resumed = again;
    if (!again) {
      stream.startedAfresh(type);
    }
  }

  boolean resumed() {
    return resumed;
  }

  private @Nullable InFlight take() {
    InFlight taken = inFlight;
    inFlight = null;
    return taken;
  }

  private void settle(@Nullable InFlight answered, @Nullable String error) {
    if (answered == null) {
      return;
    }
    if (error == null) {
      accepted(answered);
    } else {
      refused(answered, error);
    }
  }

  private void change(Interest.Change change, Map<String, String> initial) {
    if (change.none()) {
      return;
    }
    retryStalled();
    if (change.wildcardEnded()) {
      stream.index(view -> view.removeFromAll(this));
    }
    for (String name : change.left()) {
      stream.index(view -> view.remove(name, this));
      if (delta && interest.covers(name)) {
        ask(name);
      }
    }
    if (change.wildcardEnded() || !change.left().isEmpty()) {
      acked.keySet().removeIf(name -> !interest.covers(name));
      doubts.endUnless(interest::covers);
      dirty.removeIf(name -> !interest.covers(name));
      holds.retain(dirty);
    }
    if (change.wildcardBegan()) {
      stream.index(view -> view.addToAll(this));
      stream.visibleNames(type).forEach(this::ask);
      mustAnswer |= wholeState || (delta && initial.isEmpty());
    }
    for (String name : change.added()) {
      stream.index(view -> view.add(name, this));
      ask(name);
    }
    initial.forEach(this::recordHeld);
  }

  private void recordHeld(String name, String version) {
    if (!interest.covers(name)) {
      return;
    }
    acked.put(
        name,
        stream.target(type, name) instanceof NodeState.Target.Present(EncodedResource due)
                && due.version().equals(version)
            ? due
            : EncodedResource.heldElsewhere(type, name, version));
    doubts.end(name);
    dirty.add(name);
  }

  /** Sends a name again, or says that it does not exist, whatever was sent before. */
  private void ask(String name) {
    if (wholeState && acked.containsKey(name)) {
      mustAnswer = true; // every response carries it
    } else {
      resend(name);
    }
  }

  private void resend(String name) {
    acked.remove(name);
    doubts.begin(name);
    dirty.add(name);
  }

  // ---- what the cache says

  /** The cache's content under this name may be different for this stream. */
  void touched(String name) {
    dirty.add(name);
    retryStalled();
  }

  private void retryStalled() {
    if (!stalled.isEmpty()) {
      dirty.addAll(stalled);
      stalled.clear();
      searching = false;
    }
  }

  /** The cluster that names these endpoints was changed: they are due even if unchanged. */
  void warm(String name) {
    if (interest.covers(name) && stream.lookup(type, name) != null) {
      ask(name);
    }
  }

  // ---- sending

  /** Sends what there is to send, if anything and if the client can take it. */
  void send() {
    boolean nothing = dirty.isEmpty() && isolation == null && !mustAnswer;
    if (nothing || inFlight != null || !interest.started() || !stream.mayAnswer()) {
      return;
    }
    while (isolation != null) {
      List<String> trial = isolation.trial();
      if (trial.isEmpty()) {
        isolation = null;
      } else {
        Plan plan = plan(trial, true);
        if (deletesWhatWaits(plan)) {
          return;
        }
        if (!plan.upserts().isEmpty()) {
          transmit(plan, true);
          return;
        }
        isolation.accepted();
      }
    }
    Plan plan = plan(new ArrayList<>(dirty), false);
    if (deletesWhatWaits(plan)) {
      return;
    }
    if (mustAnswer || !plan.upserts().isEmpty() || !plan.removed().isEmpty()) {
      transmit(plan, false);
    }
  }

  /** Whether a full-state response would lack a name that waits and that the client may hold. */
  private boolean deletesWhatWaits(Plan plan) {
    if (wholeState) {
      for (String name : plan.waiting()) {
        if (doubts.about(name) && !acked.containsKey(name)) {
          return true; // the end of the wait sends all
        }
      }
    }
    return false;
  }

  /** What is due; those that are no longer so leave the dirty names, the others once they go. */
  private Plan plan(Collection<String> candidates, boolean trial) {
    Map<String, EncodedResource> upserts = new LinkedHashMap<>();
    List<String> removed = new ArrayList<>();
    List<String> waiting = new ArrayList<>();
    for (String name : candidates) {
      Due due =
          !interest.covers(name)
              ? Due.NOTHING
              : switch (stream.target(type, name)) {
                case NodeState.Target.Withheld w -> Due.NOTHING;
                case NodeState.Target.Present(EncodedResource resource) ->
                    planUpsert(name, resource, upserts);
                case NodeState.Target.Absent a ->
                    trial ? Due.AFTER_TRIAL : planRemoval(name, removed);
              };
      switch (due) {
        case NOTHING -> clean(name);
        case NOW -> {}
        case AFTER_TRIAL -> dirty.add(name);
        case AFTER_WAIT -> {
          dirty.add(name);
          waiting.add(name);
        }
      }
    }
    holds.startTimer();
    return new Plan(upserts, removed, waiting);
  }

  private enum Due {
    NOTHING,
    NOW,
    AFTER_TRIAL,
    AFTER_WAIT
  }

  private void clean(String name) {
    dirty.remove(name);
    holds.release(name);
  }

  private Due planUpsert(
      String name, EncodedResource resource, Map<String, EncodedResource> upserts) {
    EncodedResource held = acked.get(name);
    if (held != null && held.sameVersion(resource) && !doubts.about(name)) {
      return Due.NOTHING;
    }
    if (stream.awaitsClusters(resource) && holds.wait(name)) {
      return Due.AFTER_WAIT;
    }
    upserts.put(name, resource);
    return Due.NOW;
  }

  private Due planRemoval(String name, List<String> removed) {
    boolean held = acked.containsKey(name);
    if (!held && !doubts.about(name)) {
      return Due.NOTHING;
    }
    if (!delta && !wholeState) {
      acked.remove(name);
      doubts.end(name);
      return Due.NOTHING;
    }
    if (held && stream.laterTypesPending(type) && holds.wait(name)) {
      return Due.AFTER_WAIT;
    }
    removed.add(name);
    return Due.NOW;
  }

  private void transmit(Plan plan, boolean trial) {
    Map<String, EncodedResource> content = plan.upserts();
    if (wholeState) {
      content = new LinkedHashMap<>(acked);
      content.keySet().removeAll(plan.removed());
      content.putAll(plan.upserts());
    }
    long version = 0;
    for (EncodedResource resource : content.values()) {
      version += resource.digest();
    }
    if (searching) {
      trialsLeft--;
    }
    mustAnswer = false;
    plan.upserts().keySet().forEach(this::clean);
    plan.removed().forEach(this::clean);
    String nonce = stream.nextNonce(type);
    inFlight = new InFlight(nonce, plan.upserts(), plan.removed(), doubtsSettledBy(plan), trial);
    if (type == ResourceType.CLUSTER && stream.aggregated()) {
      warmEndpoints(plan.upserts().values());
    }
    stream.send(
        Response.of(
            delta,
            type,
            Long.toHexString(version),
            nonce,
            List.copyOf(content.values()),
            plan.removed()));
  }

  /** A full state settles all but what is due still. */
  private Map<String, String> doubtsSettledBy(Plan plan) {
    if (wholeState) {
      return doubts.handOverExcept(dirty);
    }
    List<String> names = new ArrayList<>(plan.upserts().keySet());
    names.addAll(plan.removed());
    return doubts.handOver(names);
  }

  /** On one stream the endpoints follow the clusters at once; elsewhere they wait for the ACK. */
  private void warmEndpoints(Collection<EncodedResource> clusters) {
    for (EncodedResource cluster : clusters) {
      EncodedResource held = acked.get(cluster.name());
      if (held == null || !held.sameVersion(cluster)) {
        cluster.references().forEach(stream::warmEndpoints);
      }
    }
  }

  // ---- what became of it

  private void accepted(InFlight response) {
    settled = true;
    if (type == ResourceType.CLUSTER && !stream.aggregated()) {
      warmEndpoints(response.upserts().values());
    }
    List<EncodedResource> accepted = new ArrayList<>();
    response
        .upserts()
        .forEach((name, resource) -> {
          // What was asked for again while this was under way is still to be sent again.
          if (interest.covers(name) && !doubts.about(name)) {
            acked.put(name, resource);
            accepted.add(resource);
          }
        });
    response.removed().forEach(acked::remove);
    if (response.trial() && isolation != null) {
      isolation.accepted();
    } else {
      searching = false;
    }
    if (!accepted.isEmpty() || !response.removed().isEmpty()) {
      stream.acknowledged(type, accepted, response.removed());
    }
  }

  private void refused(InFlight response, String message) {
    List<String> changed = new ArrayList<>();
    List<String> repeated = new ArrayList<>(response.removed());
    boolean someLeft = false;
    response
        .doubts()
        .forEach((name, version) -> {
          if (interest.covers(name)) {
            doubts.add(name, version);
          }
        });
    response.removed().forEach(doubts::begin);
    for (EncodedResource resource : response.upserts().values()) {
      EncodedResource held = acked.get(resource.name());
      if (!interest.covers(resource.name())) {
        someLeft = true;
      } else if (held == null || !held.sameVersion(resource)) {
        changed.add(resource.name());
        doubts.add(resource.name(), resource.version());
      } else {
        repeated.add(resource.name()); // what was once accepted is no suspect
      }
    }
    if (changed.isEmpty()) {
      stall(repeated, message);
      if (response.trial() && isolation != null) {
        isolation.accepted();
      }
      return;
    }
    dirty.addAll(repeated);
    if (!searching) {
      searching = true;
      int halvings = Integer.SIZE - Integer.numberOfLeadingZeros(changed.size());
      trialsLeft = (halvings + 2) * stream.limits().maxCulpritsPerChange();
    }
    if (someLeft) {
      // The culprit may be a name that the client has dropped since: the others are tried anew.
      dirty.addAll(changed);
      if (isolation != null) {
        dirty.addAll(isolation.suspects());
        isolation = null;
      }
    } else if (response.trial() && isolation != null) {
      dirty.addAll(isolation.refused(changed, message));
    } else {
      isolation = Isolation.of(changed, message, wholeState && resumed && !settled);
    }
    if (changed.size() == 1 && !someLeft) {
      if (isolation != null) {
        dirty.addAll(isolation.suspects());
        isolation = null;
      }
      quarantine(response.upserts().get(changed.getFirst()), message);
    } else if (trialsLeft <= 0) {
      giveUp(message);
    }
  }

  private void quarantine(@Nullable EncodedResource culprit, String message) {
    if (culprit != null) {
      EncodedResource held = acked.get(culprit.name());
      stream.quarantine(culprit, message, held == null || held.versionOnly() ? null : held);
      // Refused alone it is not held, and what was held before is what was accepted.
      doubts.end(culprit.name(), culprit.version());
      // Other content under this name may have come meanwhile, or the fallback may be due.
      dirty.add(culprit.name());
    }
  }

  private void giveUp(String message) {
    if (isolation != null) {
      stall(isolation.suspects(), message);
      isolation = null;
    }
    stall(dirty, message);
    dirty.clear();
    holds.retain(dirty);
    LOG.warn(
        "node {} goes on refusing {}: {} resources wait for the next change; last message: {}",
        stream.nodeId(),
        type,
        stalled.size(),
        message);
  }

  private void stall(Collection<String> names, String message) {
    stalled.addAll(names);
    stalledBy = message;
  }

  /** Takes the subscription out of the index. */
  void close() {
    stream.index(view -> {
      view.removeFromAll(this);
      interest.names().forEach(name -> view.remove(name, this));
    });
  }
}
