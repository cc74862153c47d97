package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.explain.AskedRequest;
import io.heddle.control.core.explain.Configuration;
import io.heddle.control.core.explain.Explainer;
import io.heddle.control.core.explain.Explanation;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.translate.HostPort;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ProxyStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Says where a request would go, and why, for {@code heddle why}. For any thread. */
final class WhyApi {
  private static final HostPort NOWHERE = new HostPort("127.0.0.1", 1);

  private static final String TOPIC = "api/why";

  /** Each answer generates the configuration anew. */
  private static final int AT_ONCE = 2;

  private final Semaphore turns = new Semaphore(AT_ONCE);
  private final Store store;
  private final Registry registry;
  private final Publisher publisher;
  private final OtherPlanes others;

  WhyApi(Store store, Registry registry, Publisher publisher, OtherPlanes others) {
    this.store = store;
    this.registry = registry;
    this.publisher = publisher;
    this.others = others;
    others.serve(TOPIC, this::own);
  }

  /**
   * The body has {@code method}, {@code url}, {@code headers}, and {@code from}, a service or
   * {@code gateway/NAME}, or {@code proxy}: then it is asked what that proxy has accepted.
   */
  ApiAnswer why(ApiRequest request) throws IOException, ApiRequest.Wrong {
    JsonNode body = request.json();
    String proxy = ApiRequest.field(body, "proxy");
    Optional<ApiAnswer> answer = proxy.isEmpty() ? own(body) : others.find(TOPIC, body, this::own);
    return answer.orElseGet(() -> ApiAnswer.notFound("a connected proxy " + proxy));
  }

  private Optional<ApiAnswer> own(JsonNode body) throws ApiRequest.Wrong {
    AskedRequest asked = asked(body);
    String from = ApiRequest.field(body, "from");
    String proxy = ApiRequest.field(body, "proxy");
    NodeFacts node;
    Configuration configuration;
    if (proxy.isEmpty()) {
      node = caller(from);
      turns.acquireUninterruptibly();
      try {
        configuration =
            Configuration.generated(
                store.list(Selection.EVERYTHING).objects(), registry.instances(), node);
      } finally {
        turns.release();
      }
    } else {
      Optional<ProxyStatus> status = publisher.server().syncView().proxy(proxy);
      Optional<List<EncodedResource>> held = publisher.server().syncView().held(proxy);
      if (status.isEmpty() || held.isEmpty()) {
        return Optional.empty();
      }
      node = NodeFacts.of(status.get().node());
      if (node instanceof NodeFacts.Grpc) {
        throw ApiRequest.Wrong.of(
            400,
            ApiError.about(
                ApiError.Code.REQUEST,
                "proxy",
                ApiAnswer.shown(proxy) + " is a gRPC application",
                "a sidecar or a gateway; heddle describe proxy shows what it holds"));
      }
      configuration = Configuration.of(held.get());
    }
    Explanation explanation =
        node instanceof NodeFacts.GatewayProxy
            ? Explainer.ofGateway(configuration, asked)
            : Explainer.ofSidecar(configuration, asked);
    return Optional.of(ApiAnswer.ok(json(asked, node, proxy, explanation)));
  }

  private static AskedRequest asked(JsonNode body) throws ApiRequest.Wrong {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> header : body.path("headers").properties()) {
      List<String> values = new ArrayList<>();
      if (header.getValue().isArray()) {
        header.getValue().forEach(value -> values.add(value.asText()));
      } else {
        values.add(header.getValue().asText());
      }
      headers.put(header.getKey(), values);
    }
    String method = ApiRequest.field(body, "method");
    try {
      return AskedRequest.of(
          method.isEmpty() ? "GET" : method, ApiRequest.field(body, "url"), headers);
    } catch (IllegalArgumentException e) {
      throw ApiRequest.Wrong.of(
          400, ApiError.of(ApiError.Code.REQUEST, String.valueOf(e.getMessage())));
    }
  }

  /** The node that stands where the request comes from. */
  private NodeFacts caller(String from) throws ApiRequest.Wrong {
    String[] parts = from.split("/", -1);
    boolean gateway = parts.length > 1 && parts[0].equals("gateway");
    int first = gateway ? 1 : 0;
    int left = parts.length - first;
    if (from.isEmpty() || left > 2) {
      throw ApiRequest.Wrong.of(
          400,
          ApiError.about(
              ApiError.Code.REQUEST,
              "from",
              from.isEmpty() ? "absent" : ApiAnswer.shown(from),
              "[NAMESPACE/]SERVICE or gateway/[NAMESPACE/]NAME"));
    }
    String namespace = left == 2 ? parts[first] : ObjectMeta.DEFAULT_NAMESPACE;
    String name = parts[parts.length - 1];
    Kind kind = gateway ? Kind.GATEWAY : Kind.SERVICE;
    Optional<ObjectKey> key = ObjectsApi.key(kind.plural(), namespace, name);
    if (key.isEmpty() || !exists(key.get())) {
      throw ApiRequest.Wrong.of(
          404,
          ApiError.about(
              ApiError.Code.NOT_FOUND,
              kind.kindName() + " " + ApiAnswer.shown(namespace + "/" + name),
              "does not exist",
              "an existing one"));
    }
    return gateway
        ? new NodeFacts.GatewayProxy(namespace, name, "127.0.0.1")
        : new NodeFacts.Sidecar(namespace, name, name, NOWHERE, NOWHERE, NOWHERE);
  }

  /** Whether there is such an object, or instances are registered under that name. */
  private boolean exists(ObjectKey key) {
    return store.get(key).isPresent()
        || (key.kind() == Kind.SERVICE
            && registry.instances().stream()
                .anyMatch(instance ->
                    instance.namespace().equals(key.namespace())
                        && instance.service().equals(key.name())));
  }

  private static ObjectNode json(
      AskedRequest asked, NodeFacts node, String proxy, Explanation explanation) {
    ObjectNode out = ApiAnswer.object();
    out.putObject("request")
        .put("method", asked.method())
        .put("scheme", asked.scheme())
        .put("authority", asked.authority())
        .put("path", explanation.path().isEmpty() ? asked.path() : explanation.path());
    out.put("from", place(node)).put("proxy", proxy);
    out.putObject("listener")
        .put("name", explanation.listener())
        .put("address", explanation.address());
    out.putObject("routes").put("name", explanation.table()).put("version", explanation.version());
    out.putObject("virtualHost")
        .put("name", explanation.virtualHost())
        .put("domain", explanation.domain());
    ArrayNode considered = out.putArray("considered");
    for (Explanation.Considered one : explanation.considered()) {
      considered
          .addObject()
          .put("route", one.route())
          .put("matched", one.matched())
          .put("why", one.why());
    }
    out.put("route", explanation.route())
        .put("outcome", explanation.outcome().text())
        .put("message", explanation.message());
    ArrayNode clusters = out.putArray("clusters");
    explanation.targets().forEach(target -> cluster(target, clusters.addObject()));
    ArrayNode policies = out.putArray("policies");
    for (Explanation.Policy policy : explanation.policies()) {
      policies
          .addObject()
          .put("at", policy.at())
          .put("name", policy.name())
          .put("value", policy.value());
    }
    return out;
  }

  private static String place(NodeFacts node) {
    return switch (node) {
      case NodeFacts.Sidecar sidecar -> sidecar.namespace() + "/" + sidecar.service();
      case NodeFacts.GatewayProxy gateway ->
          "gateway/" + gateway.namespace() + "/" + gateway.gateway();
      case NodeFacts.Grpc grpc -> grpc.namespace() + "/" + grpc.service();
      case NodeFacts.Unusable _ -> "";
    };
  }

  private static void cluster(Explanation.Target target, ObjectNode out) {
    out.put("name", target.cluster())
        .put("weight", target.weight())
        .put("share", target.share())
        .put("known", target.known())
        .put("balancer", target.balancer());
    ArrayNode endpoints = out.putArray("endpoints");
    for (Explanation.Host host : target.hosts()) {
      endpoints
          .addObject()
          .put("address", host.address())
          .put("health", host.health())
          .put("weight", host.weight())
          .put("locality", host.locality())
          .put("priority", host.priority());
    }
  }
}
