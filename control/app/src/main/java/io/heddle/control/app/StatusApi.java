package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.registry.Isolation;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.LocalityWeighting;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectStatus;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.publish.LocalityWeigher;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.rollout.Rollouts;
import io.heddle.control.core.status.Elsewhere;
import io.heddle.control.core.status.ProxyState;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The mesh on a page, for the REST API. For any thread that may wait. */
final class StatusApi {
  private final Store store;
  private final Registry registry;
  private final Publisher publisher;
  private final Rollouts rollouts;
  private final EveryLoad loads;
  private final LocalityWeigher weigher;

  StatusApi(
      Store store,
      Registry registry,
      Publisher publisher,
      Rollouts rollouts,
      EveryLoad loads,
      LocalityWeigher weigher) {
    this.rollouts = rollouts;
    this.loads = loads;
    this.weigher = weigher;
    this.store = store;
    this.registry = registry;
    this.publisher = publisher;
  }

  /** Of all control planes; with {@code local} of the proxies that are connected to this one. */
  ApiAnswer status(ApiRequest request) {
    boolean local = request.flag("local");
    StatusBoard board = publisher.board();
    Listing listing = store.list(Selection.EVERYTHING);
    ObjectNode body = ApiAnswer.object();
    body.put("revision", listing.revision().token());
    body.put("publishedRevision", publisher.published().token());
    services(listing, body.putArray("services"));
    Elsewhere.Known known =
        local ? new Elsewhere.Known(board.proxies(), Set.of()) : board.everyProxy();
    proxies(known.proxies(), body.putArray("proxies"));
    if (!known.silent().isEmpty()) {
      ArrayNode silent = body.putArray("silent");
      known.silent().stream().sorted().forEach(silent::add);
    }
    ArrayNode objects = body.putArray("objects");
    List<ResourceObject> standing =
        local ? board.withOwnStatus(listing.objects()) : board.withStatus(listing.objects());
    standing.forEach(object -> summary(object, objects.addObject()));
    rollouts
        .active()
        .ifPresent(rollout ->
            body.putObject("rollout")
                .put("id", rollout.id())
                .put("what", rollout.what())
                .put("phase", rollout.phase().word())
                .put("stage", rollout.present().name())
                .put("stageSince", rollout.stageSince().toString())
                .put("reason", rollout.reason()));
    Isolation isolation = registry.isolation();
    body.putObject("registry")
        .put("isolated", isolation.isolated())
        .put("held", isolation.held())
        .put("checkpointFailed", registry.checkpointFailed());
    ObjectNode counters = body.putObject("counters");
    publisher.counters().forEach(counters::put);
    counters.put("registry.instances", registry.instances().size());
    counters.put("registry.isolated", isolation.isolated() ? 1 : 0);
    counters.put("registry.held", isolation.held());
    return ApiAnswer.ok(body);
  }

  /**
   * What proxies report of the load on what they call, by cluster and locality, and which share of
   * its weight a locality has, in percent.
   */
  ApiAnswer load() {
    ObjectNode body = ApiAnswer.object();
    ArrayNode clusters = body.putArray("clusters");
    EveryLoad.write(loads.clusters(), clusters);
    Map<ObjectKey, Map<Locality, Integer>> shares = weigher.weights();
    for (JsonNode cluster : clusters) {
      Optional<ObjectKey> service = Names.serviceOf(cluster.path("cluster").asText());
      Optional<ResourceObject> asking =
          service.flatMap(store::get).filter(LocalityWeighting::byLoad);
      if (asking.isPresent()) {
        for (JsonNode place : cluster.path("localities")) {
          Locality locality =
              new Locality(
                  place.path("region").asText(),
                  place.path("zone").asText(),
                  place.path("subZone").asText());
          ((ObjectNode) place)
              .put(
                  "share",
                  shares.getOrDefault(asking.get().key(), Map.of()).getOrDefault(locality, 100));
        }
      }
    }
    body.put("leftOut", publisher.server().loadReports().leftOut());
    return ApiAnswer.ok(body);
  }

  /** An operator says that the instances that are held back are gone indeed. */
  ApiAnswer acceptExpiry() {
    int accepted = registry.acceptExpiry();
    ObjectNode body = ApiAnswer.object();
    body.put("accepted", accepted);
    return ApiAnswer.ok(body);
  }

  /** Services that exist as objects, and names that instances registered under. */
  private void services(Listing listing, ArrayNode out) {
    Map<ServiceKey, List<RegisteredInstance>> services = new TreeMap<>();
    for (ResourceObject object : listing.objects()) {
      if (object.kind() == Kind.SERVICE) {
        services.put(
            new ServiceKey(object.metadata().namespace(), object.metadata().name()),
            new ArrayList<>());
      }
    }
    for (RegisteredInstance instance : registry.instances()) {
      services.computeIfAbsent(instance.key().serviceKey(), key -> new ArrayList<>()).add(instance);
    }
    services.forEach((key, instances) -> {
      ObjectNode service = out.addObject();
      service.put("namespace", key.namespace()).put("name", key.service());
      ArrayNode list = service.putArray("instances");
      instances.forEach(instance -> instance(instance, list.addObject()));
    });
  }

  private static void instance(RegisteredInstance instance, ObjectNode out) {
    out.put("instance", instance.instance())
        .put("address", instance.address())
        .put("port", instance.port())
        .put("version", instance.labels().getOrDefault("version", ""))
        .put("health", capitalized(instance.health().name()))
        .put("presence", capitalized(instance.presence().name()))
        .put("since", instance.since().toString());
    ObjectNode labels = out.putObject("labels");
    instance.labels().forEach(labels::put);
  }

  private static String capitalized(String name) {
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  private static void proxies(List<ProxyState> proxies, ArrayNode out) {
    for (ProxyState proxy : proxies) {
      out.addObject()
          .put("id", proxy.id())
          .put("kind", proxy.kind())
          .put("service", proxy.service())
          .put("connectedSince", proxy.since().toString())
          .put("state", proxy.state().text())
          .put("detail", proxy.detail());
    }
  }

  private static void summary(ResourceObject object, ObjectNode out) {
    ObjectStatus status = object.status();
    out.put("kind", object.kind().kindName())
        .put("namespace", object.metadata().namespace())
        .put("name", object.metadata().name())
        .put("generation", object.metadata().generation())
        .put("observedGeneration", status.observedGeneration());
    for (Condition condition : status.conditions()) {
      out.withObject("/conditions").put(condition.type(), condition.status().text());
    }
    out.put("inSync", status.proxies().inSync())
        .put("behind", status.proxies().behind())
        .put("rejected", status.proxies().rejected());
  }
}
