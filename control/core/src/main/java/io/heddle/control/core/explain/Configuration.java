package io.heddle.control.core.explain;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.parse.ResourceParser;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The resources that one proxy is shown, or has accepted. */
public final class Configuration {
  private static final ResourceParser PARSER = new ResourceParser(ParseOptions.LENIENT);
  private static final Scope OWN = new Scope("explained");

  private final Map<ResourceKey, EncodedResource> resources;

  private Configuration(Map<ResourceKey, EncodedResource> resources) {
    this.resources = resources;
  }

  /** What a proxy holds. */
  public static Configuration of(Collection<EncodedResource> resources) {
    Map<ResourceKey, EncodedResource> all = new HashMap<>();
    resources.forEach(resource -> all.put(resource.key(), resource));
    return new Configuration(all);
  }

  /** What is generated for such a node, from these objects and instances alone. */
  public static Configuration generated(
      List<ResourceObject> objects, Collection<RegisteredInstance> instances, NodeFacts node) {
    Translator translator = new Translator();
    translator.relist(objects);
    instances.stream()
        .collect(Collectors.groupingBy(instance -> instance.key().serviceKey()))
        .forEach(translator::instances);
    translator.node(OWN, node);
    Translation translation = translator.translate();
    List<Scope> seen = translator.scopesOf(OWN, node);
    Map<ResourceKey, EncodedResource> resources = new HashMap<>();
    // Where two scopes hold a resource of one name, the more specific one wins: it is put last.
    for (int i = seen.size() - 1; i >= 0; i--) {
      for (Produced produced : translation.put()) {
        if (produced.scope().equals(seen.get(i))) {
          resources.put(produced.resource().key(), produced.resource());
        }
      }
    }
    return new Configuration(resources);
  }

  /** In the order of their names. */
  List<ListenerConfig> listeners() {
    Map<String, ListenerConfig> found = new TreeMap<>();
    resources.values().stream()
        .filter(resource -> resource.type() == ResourceType.LISTENER)
        .forEach(resource ->
            read(PARSER.listener(resource.any()))
                .ifPresent(listener -> found.put(resource.name(), listener)));
    return new ArrayList<>(found.values());
  }

  Optional<RouteTable> routes(String name) {
    return find(ResourceType.ROUTES, name).flatMap(found -> read(PARSER.routes(found.any())));
  }

  Optional<ClusterConfig> cluster(String name) {
    return find(ResourceType.CLUSTER, name).flatMap(found -> read(PARSER.cluster(found.any())));
  }

  Optional<EndpointsConfig> endpoints(String name) {
    return find(ResourceType.ENDPOINTS, name).flatMap(found -> read(PARSER.endpoints(found.any())));
  }

  /** The version of a resource; empty where it is not there. */
  String version(ResourceType type, String name) {
    return find(type, name).map(EncodedResource::version).orElse("");
  }

  private Optional<EncodedResource> find(ResourceType type, String name) {
    return name.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(resources.get(new ResourceKey(type, name)));
  }

  private static <T> Optional<T> read(Parsed<T> parsed) {
    return switch (parsed) {
      case Parsed.Ok<T> ok -> Optional.of(ok.value());
      case Parsed.Refused<T> _ -> Optional.empty();
    };
  }
}
