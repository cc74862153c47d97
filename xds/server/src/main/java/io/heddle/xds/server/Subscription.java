package io.heddle.xds.server;

import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
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
 * from them is in {@link Planning}, {@link Interest}, {@link Doubts}, {@link Refusals}, {@link
 * Holds} and {@link Heartbeats}.
 */
final class Subscription {
  private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

  private final StreamState stream;
  private final ResourceType type;
  private final boolean delta;
  private final boolean wholeState;
  private final Interest interest;
  private final IndexEntry index;
  private final Holds holds;

  /** What the client has accepted and still holds. */
  private final Held acked;

  private Set<String> dirty = new LinkedHashSet<>();

  private final Doubts doubts = new Doubts();

  private final Planning planning;

  private final Refusals refusals = new Refusals();

  private @Nullable InFlight inFlight;

  /** Of what ends at the client unless it is renewed; null where there is nothing of the kind. */
  private @Nullable Heartbeats heartbeats;

  /** What the response that was accepted last said its version is. */
  private String acceptedVersion = "";

  private Instant acceptedAt = Instant.MIN;

  /** Whether the client had accepted something of the type on an earlier stream. */
  private boolean resumed;

  /** Whether the client has accepted a response on this stream. */
  private boolean settled;

  private boolean mustAnswer;

  Subscription(StreamState stream, ResourceType type, boolean delta) {
    this.stream = stream;
    this.type = type;
    this.delta = delta;
    this.wholeState = !delta && type.fullState();
    this.interest = new Interest(ServedTypes.legacyWildcard(type), stream.names());
    this.acked = new Held(stream, type, interest);
    this.index = new IndexEntry(stream, this, type);
    this.holds = new Holds(stream);
    this.planning = new Planning(stream, type, delta, wholeState, interest, acked, doubts, holds);
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
    return refusals.stallOf(name);
  }

  Interest interest() {
    return interest;
  }

  /** Whether a response with this name is not answered yet. */
  boolean underWay(String name) {
    return inFlight != null
        && (inFlight.upserts().containsKey(name) || inFlight.removed().contains(name));
  }

  /** When the client last accepted a response of this type; {@link Instant#MIN} for never. */
  Instant acceptedAt() {
    return acceptedAt;
  }

  /** Every name that the client asks for, is shown or holds. */
  Set<String> concerned() {
    Set<String> all = new LinkedHashSet<>(interest.names());
    if (interest.wildcard()) {
      all.addAll(stream.visibleNames(type));
    }
    all.addAll(acked.names());
    return all;
  }

  int acknowledgedCount() {
    return acked.size();
  }

  /** Whether something is still to be sent or to be acknowledged. */
  boolean pending() {
    return inFlight != null || refusals.isolating() || !dirty.isEmpty();
  }

  boolean pendingOrStalled() {
    return pending() || refusals.anyStalled();
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
      index.removeFromAll();
    }
    index.update(interest.set(), change.left(), change.added());
    for (String name : change.left()) {
      if (delta && interest.covers(name)) {
        ask(name);
      }
    }
    if (change.wildcardEnded() || !change.left().isEmpty()) {
      acked.retain(interest::covers);
      doubts.endUnless(interest::covers);
      dirty.removeIf(name -> !interest.covers(name));
      holds.retain(dirty);
    }
    if (change.wildcardBegan()) {
      index.addToAll();
    }
    if (!initial.isEmpty() && acked.followFromTheStart()) {
      resume(change, initial);
      return;
    }
    if (change.wildcardBegan()) {
      stream.visibleNames(type).forEach(this::ask);
      mustAnswer |= wholeState || (delta && initial.isEmpty());
    }
    change.added().forEach(this::ask);
    initial.forEach(this::recordHeld);
  }

  /** What the client says it holds, and what is the very same still, is not looked at again. */
  private void resume(Interest.Change change, Map<String, String> initial) {
    Collection<String> asked = change.added();
    if (change.wildcardBegan()) {
      asked = stream.visibleNames(type);
      asked.addAll(change.added());
    }
    int same = 0;
    for (String name : asked) {
      if (acked.isShown(name, initial.get(name))) {
        same++;
      } else {
        ask(name);
      }
    }
    if (same < initial.size()) {
      initial.forEach((name, version) -> {
        if (!acked.isShown(name, version)) {
          recordHeld(name, version);
        }
      });
    }
  }

  private void recordHeld(String name, String version) {
    if (type == ResourceType.VIRTUAL_HOSTS && !interest.names(name)) {
      for (String asked : index.sharing(name)) {
        if (stream.target(type, asked) instanceof NodeState.Target.Present(EncodedResource host)
            && host.name().equals(name)) {
          recordHeld(asked, version);
        }
      }
    }
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

  /** The cache's content under this name is about to be different. */
  void beforeChange(String name) {
    acked.beforeChange(name);
  }

  /** The cache's content under this name may be different for this stream. */
  void touched(String name) {
    acked.afterChange(name);
    dirty.add(name);
    dirty.addAll(index.sharing(name));
    retryStalled();
  }

  private void retryStalled() {
    dirty.addAll(refusals.retry());
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
    Heartbeats beats = heartbeats;
    boolean beat = beats != null && beats.anyDue();
    boolean nothing = dirty.isEmpty() && !refusals.isolating() && !mustAnswer && !beat;
    if (nothing && inFlight == null && interest.started()) {
      acked.follow();
    }
    if (nothing || inFlight != null || !interest.started() || !stream.mayAnswer()) {
      return;
    }
    for (List<String> trial = refusals.trial(); !trial.isEmpty(); trial = refusals.trial()) {
      Planning.Plan plan = planning.of(trial, true, dirty);
      if (planning.deletesWhatWaits(plan)) {
        return;
      }
      if (!plan.upserts().isEmpty()) {
        transmit(plan, true);
        return;
      }
      refusals.skipTrial();
    }
    Planning.Plan plan = planning.of(new ArrayList<>(dirty), false, dirty);
    if (planning.deletesWhatWaits(plan)) {
      return;
    }
    if (mustAnswer || !plan.upserts().isEmpty() || !plan.removed().isEmpty()) {
      transmit(plan, false);
    } else if (beats != null && beat) {
      renew(beats);
    }
  }

  private void clean(String name) {
    dirty.remove(name);
    holds.release(name);
  }

  private void transmit(Planning.Plan plan, boolean trial) {
    Map<String, EncodedResource> content = plan.upserts();
    if (wholeState) {
      content = acked.copy();
      content.keySet().removeAll(plan.removed());
      content.putAll(plan.upserts());
    }
    long digest = 0;
    for (EncodedResource resource : content.values()) {
      digest += resource.digest();
    }
    refusals.isSent();
    mustAnswer = false;
    plan.upserts().keySet().forEach(this::clean);
    plan.removed().forEach(this::clean);
    if (dirty.isEmpty()) {
      dirty = new LinkedHashSet<>(); // a large one stays large
    }
    heartbeats = Heartbeats.sent(heartbeats, stream, content);
    String nonce = stream.nextNonce(type);
    String given = stream.stateVersion(type);
    String version = given == null ? Long.toHexString(digest) : given;
    inFlight =
        new InFlight(
            nonce,
            version,
            plan.upserts(),
            plan.removed(),
            wholeState
                ? doubts.handOverExcept(dirty)
                : doubts.handOver(plan.upserts().keySet(), plan.removed()),
            trial,
            List.of());
    if (type == ResourceType.CLUSTER && stream.aggregated()) {
      warmEndpoints(plan.upserts().values());
    }
    HostAnswer answer =
        type == ResourceType.VIRTUAL_HOSTS
            ? HostAnswer.of(content, plan.removed(), acked.copy(), interest)
            : new HostAnswer(List.copyOf(content.values()), plan.removed(), List.of());
    stream.send(
        Response.of(
            stream.framing(),
            type,
            version,
            nonce,
            answer.hosts(),
            answer.removed(),
            answer.missing()));
  }

  /** Says that what is about to end at the client is good still: same version, no content. */
  private void renew(Heartbeats beats) {
    List<Resource> bare = beats.renewals(acked, delta ? null : acceptedVersion);
    if (bare.isEmpty()) {
      return;
    }
    if (wholeState) { // what it has no content of would be deleted
      transmit(new Planning.Plan(Map.of(), List.of(), List.of()), false);
      return;
    }
    List<String> names = bare.stream().map(Resource::getName).toList();
    String nonce = stream.nextNonce(type);
    inFlight = new InFlight(nonce, acceptedVersion, Map.of(), List.of(), Map.of(), false, names);
    stream.send(
        Response.of(stream.framing(), type, acceptedVersion, nonce, List.of(), List.of(), bare));
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
    acceptedVersion = response.version();
    acceptedAt = stream.now();
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
    refusals.accepted(response.trial());
    if (!accepted.isEmpty() || !response.removed().isEmpty()) {
      stream.acknowledged(type, accepted, response.removed());
    }
  }

  private void refused(InFlight response, String message) {
    if (heartbeats != null && !response.beats().isEmpty()) {
      response.beats().forEach(heartbeats::forget); // it has no use for them
      return;
    }
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
    for (Map.Entry<String, EncodedResource> sent : response.upserts().entrySet()) {
      String name = sent.getKey();
      EncodedResource held = acked.get(name);
      if (!interest.covers(name)) {
        someLeft = true;
      } else if (held == null || !held.sameVersion(sent.getValue())) {
        changed.add(name);
        doubts.add(name, sent.getValue().version());
      } else {
        repeated.add(name); // what was once accepted is no suspect
      }
    }
    Refusals.Verdict verdict =
        refusals.refused(
            changed,
            repeated,
            someLeft,
            response.trial(),
            message,
            wholeState && resumed && !settled,
            stream.limits().maxCulpritsPerChange());
    dirty.addAll(verdict.again());
    String culprit = verdict.culprit();
    if (culprit != null) {
      quarantine(culprit, response.upserts().get(culprit), message);
    } else if (verdict.gaveUp()) {
      giveUp(message);
    }
  }

  private void quarantine(String name, @Nullable EncodedResource culprit, String message) {
    if (culprit != null) {
      EncodedResource held = acked.get(name);
      stream.quarantine(name, culprit, message, held == null || held.versionOnly() ? null : held);
      // Refused alone it is not held, and what was held before is what was accepted.
      doubts.end(name, culprit.version());
      // Other content under this name may have come meanwhile, or the fallback may be due.
      dirty.add(name);
    }
  }

  private void giveUp(String message) {
    refusals.stall(dirty, message);
    dirty.clear();
    holds.retain(dirty);
    LOG.warn(
        "node {} goes on refusing {}: {} resources wait for the next change; last message: {}",
        stream.nodeId(),
        type,
        refusals.stalledCount(),
        message);
  }

  /** Takes the subscription out of the index. */
  void close() {
    index.close();
  }
}
