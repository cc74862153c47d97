package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.linecorp.armeria.internal.shaded.xds.pgv.ReflectiveValidatorIndex;
import com.linecorp.armeria.internal.shaded.xds.pgv.ValidationException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.parse.ResourceParser;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A translator and all that it has produced so far; everything is checked as it comes. */
final class Produce {
  private static final ReflectiveValidatorIndex VALIDATORS = new ReflectiveValidatorIndex();
  private static final ResourceParser PARSER = new ResourceParser(ParseOptions.STRICT);

  final Translator translator = new Translator();
  final Map<Place, Produced> present = new HashMap<>();
  private boolean forEnvoyOnly;
  final Map<Object, Verdict> verdicts = new HashMap<>();
  Translation last =
      new Translation(java.util.Set.of(), List.of(), List.of(), Map.of(), java.util.Set.of());

  Produce translate() {
    last = translator.translate();
    for (Produced produced : last.put()) {
      check(produced.resource());
      present.put(produced.place(), produced);
    }
    last.removed().forEach(present::remove);
    verdicts.putAll(last.verdicts());
    return this;
  }

  /** What is produced has something that Envoy honours and our own proxy refuses by name yet. */
  Produce forEnvoyOnly() {
    forEnvoyOnly = true;
    return this;
  }

  Produce with(String yaml) {
    Inputs.objects(yaml).forEach(translator::update);
    return this;
  }

  Produce node(String id, Map<String, String> metadata) {
    translator.node(own(id), NodeFacts.parse(metadata));
    return this;
  }

  static Scope own(String id) {
    return new Scope("node/" + id);
  }

  /** What stands in a scope, as {@code TYPE name -> version}. */
  Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    present.forEach((place, produced) ->
        versions.put(place.scope().id() + " " + place.key(), produced.resource().version()));
    return versions;
  }

  Cluster cluster(String name) {
    return unpack(Cluster.class, find(ResourceType.CLUSTER, name));
  }

  ClusterLoadAssignment endpoints(String name) {
    return unpack(ClusterLoadAssignment.class, find(ResourceType.ENDPOINTS, name));
  }

  Listener listener(String name) {
    return unpack(Listener.class, find(ResourceType.LISTENER, name));
  }

  RouteConfiguration routes(String name) {
    return unpack(RouteConfiguration.class, find(ResourceType.ROUTES, name));
  }

  Secret secret(String name) {
    return unpack(Secret.class, find(ResourceType.SECRET, name));
  }

  /** The verdict on an object of the namespace {@code default}. */
  Verdict verdict(Kind kind, String name) {
    return verdict(ObjectKey.of(kind, name));
  }

  Verdict verdict(ObjectKey key) {
    Verdict verdict = verdicts.get(key);
    if (verdict == null) {
      throw new AssertionError("no verdict on " + key);
    }
    return verdict;
  }

  /** What a verdict says of one type, as {@code true Accepted: message}. */
  static String claim(List<Verdict.Claim> claims, String type) {
    return claims.stream()
        .filter(claim -> claim.type().equals(type))
        .map(claim -> claim.holds() + " " + claim.reason() + ": " + claim.message())
        .findFirst()
        .orElse("nothing");
  }

  boolean has(ResourceType type, String name) {
    return tryFind(type, name) != null;
  }

  private EncodedResource find(ResourceType type, String name) {
    EncodedResource found = tryFind(type, name);
    assertThat(found).as(type + " " + name).isNotNull();
    if (found == null) {
      throw new AssertionError();
    }
    return found;
  }

  private @Nullable EncodedResource tryFind(ResourceType type, String name) {
    for (Produced produced : present.values()) {
      if (produced.resource().type() == type && produced.resource().name().equals(name)) {
        return produced.resource();
      }
    }
    return null;
  }

  static HttpConnectionManager manager(Listener listener) {
    return unpackAny(
        HttpConnectionManager.class, listener.getFilterChains(0).getFilters(0).getTypedConfig());
  }

  private static <M extends Message> M unpack(Class<M> type, EncodedResource resource) {
    return unpackAny(type, resource.any());
  }

  private static <M extends Message> M unpackAny(Class<M> type, Any any) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** Both Envoy's own constraints and what our proxy accepts. */
  private void check(EncodedResource resource) {
    if (!forEnvoyOnly) {
      Parsed<?> parsed = PARSER.parse(resource.type(), resource.any());
      assertThat(parsed.message()).as(resource.toString()).isEmpty();
    }
    switch (resource.type()) {
      case CLUSTER -> valid(unpack(Cluster.class, resource));
      case ENDPOINTS -> valid(unpack(ClusterLoadAssignment.class, resource));
      case ROUTES -> valid(unpack(RouteConfiguration.class, resource));
      case SECRET -> valid(unpack(Secret.class, resource));
      case SCOPED_ROUTES, VIRTUAL_HOSTS, EXTENSION_CONFIG, RUNTIME ->
          throw new IllegalArgumentException(resource.type() + " (expected: one that is served)");
      case LISTENER -> {
        Listener listener = unpack(Listener.class, resource);
        valid(listener);
        for (FilterChain chain : listener.getFilterChainsList()) {
          Any config = chain.getFilters(0).getTypedConfig();
          valid(
              config.is(TcpProxy.class)
                  ? unpackAny(TcpProxy.class, config)
                  : unpackAny(HttpConnectionManager.class, config));
        }
      }
    }
  }

  private static void valid(Message message) {
    try {
      VALIDATORS.validatorFor(message.getClass()).assertValid(message);
    } catch (ValidationException e) {
      throw new AssertionError(message.getDescriptorForType().getFullName() + ": " + e, e);
    }
  }
}
