package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.translate.InForce;
import java.util.List;
import java.util.Optional;

/** Says what holds for the calls of a Service, and from where. For any thread. */
final class GovernanceApi {
  private final Store store;

  GovernanceApi(Store store) {
    this.store = store;
  }

  /** The query has {@code service}, and {@code namespace} unless it is the default one. */
  ApiAnswer governance(ApiRequest request) {
    String namespace = request.query("namespace");
    String name = request.query("service");
    Optional<ObjectKey> key =
        ObjectsApi.key(
            Kind.SERVICE.plural(),
            namespace.isEmpty() ? ObjectMeta.DEFAULT_NAMESPACE : namespace,
            name);
    Optional<InForce.Answer> answer =
        key.flatMap(service -> InForce.of(store.list(Selection.EVERYTHING).objects(), service));
    if (answer.isEmpty()) {
      return ApiAnswer.notFound("Service " + ApiAnswer.shown(name));
    }
    ObjectNode body = ApiAnswer.object();
    body.put("service", key.map(ObjectKey::toString).orElse(""));
    write(body.putArray("settings"), answer.get().settings());
    write(body.putArray("routes"), answer.get().routes());
    write(body.putArray("shadow"), answer.get().shadow());
    return ApiAnswer.ok(body);
  }

  private static void write(ArrayNode out, List<InForce.Setting> settings) {
    for (InForce.Setting setting : settings) {
      out.addObject()
          .put("field", setting.field())
          .put("value", setting.value())
          .put("from", setting.from());
    }
  }
}
