package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Calls;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.explain.Extent;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.translate.Names;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ProxyStatus;
import java.util.List;
import java.util.Optional;

/** Says what a proxy holds, and why just that, for {@code heddle describe proxy}. Any thread. */
final class ExtentApi {
  private static final String TOPIC = "api/extent";

  private final Store store;
  private final Publisher publisher;
  private final OtherPlanes others;

  ExtentApi(Store store, Publisher publisher, OtherPlanes others) {
    this.store = store;
    this.publisher = publisher;
    this.others = others;
    others.serve(TOPIC, this::own);
  }

  /** The query has {@code proxy}, the id of its node. */
  ApiAnswer extent(ApiRequest request) throws ApiRequest.Wrong {
    String proxy = request.query("proxy");
    return others
        .find(TOPIC, ApiAnswer.object().put("proxy", proxy), this::own)
        .orElseGet(() -> ApiAnswer.notFound("a connected proxy " + ApiAnswer.shown(proxy)));
  }

  private Optional<ApiAnswer> own(JsonNode question) {
    String proxy = question.path("proxy").asText();
    Optional<ProxyStatus> status = publisher.server().syncView().proxy(proxy);
    Optional<List<EncodedResource>> held = publisher.server().syncView().held(proxy);
    if (status.isEmpty() || held.isEmpty()) {
      return Optional.empty();
    }
    NodeFacts node = NodeFacts.of(status.get().node());
    Calls calls =
        node instanceof NodeFacts.Sidecar sidecar
            ? store.get(Names.serviceOf(sidecar)).map(Calls::of).orElse(Calls.ALL)
            : Calls.ALL;
    Extent extent = Extent.of(held.get(), node, calls);
    ObjectNode body = ApiAnswer.object();
    body.put("proxy", proxy)
        .put("kind", node.kind())
        .put("mode", extent.mode())
        .put("because", extent.because());
    ArrayNode clusters = body.putArray("clusters");
    for (Extent.Held one : extent.held()) {
      clusters.addObject().put("name", one.cluster()).put("why", one.why());
    }
    return Optional.of(ApiAnswer.ok(body));
  }
}
