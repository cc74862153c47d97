package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.xds.server.LoadReports.ClusterLoad;
import io.heddle.xds.server.LoadReports.LocalityLoad;
import io.heddle.xds.server.NodeInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What the proxies of all control planes report of their load. */
final class EveryLoad {
  private static final String TOPIC = "api/load";

  private final Supplier<List<ClusterLoad>> own;
  private final OtherPlanes others;

  /**
   * Answers the others, too.
   *
   * @param own what the proxies of this control plane report
   */
  EveryLoad(Supplier<List<ClusterLoad>> own, OtherPlanes others) {
    this.own = own;
    this.others = others;
    others.serve(
        TOPIC,
        question -> {
          ObjectNode body = ApiAnswer.object();
          write(own.get(), body.putArray("clusters"));
          return Optional.of(ApiAnswer.ok(body));
        });
  }

  /** By cluster and locality, in the order of their names. */
  List<ClusterLoad> clusters() {
    List<ClusterLoad> all = new ArrayList<>(own.get());
    for (ApiAnswer answer : others.ask(TOPIC, ApiAnswer.object()).known()) {
      all.addAll(read(answer.body().path("clusters")));
    }
    return sum(all);
  }

  /** One for each cluster. */
  static List<ClusterLoad> sum(List<ClusterLoad> loads) {
    Map<String, ClusterLoad> sums = new TreeMap<>();
    for (ClusterLoad load : loads) {
      sums.merge(load.cluster() + "\n" + load.service(), load, EveryLoad::both);
    }
    return List.copyOf(sums.values());
  }

  private static ClusterLoad both(ClusterLoad one, ClusterLoad two) {
    Map<String, LocalityLoad> places = new TreeMap<>();
    for (ClusterLoad load : List.of(one, two)) {
      for (LocalityLoad place : load.localities()) {
        places.merge(place.locality() + "\n" + place.priority(), place, EveryLoad::both);
      }
    }
    return new ClusterLoad(
        one.cluster(), one.service(), one.dropped() + two.dropped(), List.copyOf(places.values()));
  }

  private static LocalityLoad both(LocalityLoad one, LocalityLoad two) {
    return new LocalityLoad(
        one.locality(),
        one.priority(),
        one.issued() + two.issued(),
        one.succeeded() + two.succeeded(),
        one.failed() + two.failed(),
        one.inProgress() + two.inProgress(),
        one.perSecond() + two.perSecond(),
        one.reporters() + two.reporters());
  }

  static void write(List<ClusterLoad> loads, ArrayNode clusters) {
    for (ClusterLoad cluster : loads) {
      ObjectNode node = clusters.addObject();
      node.put("cluster", cluster.cluster());
      if (!cluster.service().isEmpty()) {
        node.put("service", cluster.service());
      }
      node.put("dropped", cluster.dropped());
      ArrayNode localities = node.putArray("localities");
      for (LocalityLoad load : cluster.localities()) {
        localities
            .addObject()
            .put("region", load.locality().region())
            .put("zone", load.locality().zone())
            .put("subZone", load.locality().subZone())
            .put("priority", load.priority())
            .put("issued", load.issued())
            .put("succeeded", load.succeeded())
            .put("failed", load.failed())
            .put("inProgress", load.inProgress())
            .put("perSecond", load.perSecond())
            .put("reporters", load.reporters());
      }
    }
  }

  static List<ClusterLoad> read(JsonNode clusters) {
    List<ClusterLoad> loads = new ArrayList<>();
    for (JsonNode node : clusters) {
      List<LocalityLoad> places = new ArrayList<>();
      for (JsonNode place : node.path("localities")) {
        places.add(
            new LocalityLoad(
                new NodeInfo.Locality(
                    place.path("region").asText(),
                    place.path("zone").asText(),
                    place.path("subZone").asText()),
                place.path("priority").asInt(),
                place.path("issued").asLong(),
                place.path("succeeded").asLong(),
                place.path("failed").asLong(),
                place.path("inProgress").asLong(),
                place.path("perSecond").asDouble(),
                place.path("reporters").asInt()));
      }
      loads.add(
          new ClusterLoad(
              node.path("cluster").asText(),
              node.path("service").asText(),
              node.path("dropped").asLong(),
              places));
    }
    return loads;
  }
}
