package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.RuntimeTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Reads resources as they come by xDS.
 *
 * <p>A resource is accepted whole or refused whole, with all its errors. Nothing that is read
 * throws. Immutable, for any thread.
 */
public final class ResourceParser {

  /** The largest resource that is read, in bytes. */
  public static final int LARGEST = 16 * 1024 * 1024;

  private final ParseOptions options;

  public ResourceParser(ParseOptions options) {
    this.options = options;
  }

  /** Reads a resource of the given type, checking that its type URL is the type's. */
  public Parsed<?> parse(ResourceType type, Any resource) {
    return switch (type) {
      case LISTENER -> listener(resource);
      case ROUTES -> routes(resource);
      case CLUSTER -> cluster(resource);
      case ENDPOINTS -> endpoints(resource);
      case SCOPED_ROUTES -> scopedRoute(resource);
      case VIRTUAL_HOSTS -> virtualHost(resource);
      case EXTENSION_CONFIG -> extension(resource);
      case RUNTIME -> runtime(resource);
      case SECRET -> secret(resource);
    };
  }

  /** Reads an extension's configuration as ECDS brings it. */
  public Parsed<ExtensionConfig> extension(Any resource) {
    return typed(ResourceType.EXTENSION_CONFIG, resource, this::extension);
  }

  private Parsed<ExtensionConfig> extension(ByteString encoded) {
    return read(
        "TypedExtensionConfig",
        "envoy.config.core.v3.TypedExtensionConfig",
        encoded,
        TypedExtensionConfig.parser(),
        TypedExtensionConfig::getName,
        (message, findings) -> {
          findings.required(message.getName(), Path.ROOT.field("name"));
          Any config = message.getTypedConfig();
          Path here = Path.ROOT.field("typed_config");
          findings.required(config.getTypeUrl(), here.field("@type"));
          new ListenerReader(findings).builtIn(config, here);
          return new ExtensionConfig(message.getName(), config.getTypeUrl(), config, false, false);
        });
  }

  public Parsed<ListenerConfig> listener(Any resource) {
    return typed(ResourceType.LISTENER, resource, this::listener);
  }

  public Parsed<ListenerConfig> listener(ByteString encoded) {
    return read(
        "Listener",
        ListenerReader.TYPE,
        encoded,
        Listener.parser(),
        Listener::getName,
        (message, findings) -> {
          findings.required(message.getName(), Path.ROOT.field("name"));
          return new ListenerReader(findings).read(message, Path.ROOT);
        });
  }

  public Parsed<RouteTable> routes(Any resource) {
    return typed(ResourceType.ROUTES, resource, this::routes);
  }

  public Parsed<RouteTable> routes(ByteString encoded) {
    return read(
        "RouteConfiguration",
        RouteReader.TYPE,
        encoded,
        RouteConfiguration.parser(),
        RouteConfiguration::getName,
        (message, findings) -> {
          findings.required(message.getName(), Path.ROOT.field("name"));
          return new RouteReader(findings, false).table(message, Path.ROOT);
        });
  }

  /** A scope as it comes by SRDS. */
  public Parsed<ScopedRoute> scopedRoute(Any resource) {
    return typed(ScopeReader.TYPE, resource, this::scopedRoute);
  }

  /** A scope as it comes by SRDS. */
  public Parsed<ScopedRoute> scopedRoute(ByteString encoded) {
    return read(
        "ScopedRouteConfiguration",
        ScopeReader.TYPE,
        encoded,
        ScopedRouteConfiguration.parser(),
        ScopedRouteConfiguration::getName,
        (message, findings) -> new ScopeReader(findings).scope(message, Path.ROOT));
  }

  /** A virtual host as it comes by VHDS. */
  public Parsed<VirtualHostConfig> virtualHost(Any resource) {
    return typed(RouteReader.HOST_TYPE, resource, this::virtualHost);
  }

  /** A virtual host as it comes by VHDS. */
  public Parsed<VirtualHostConfig> virtualHost(ByteString encoded) {
    return read(
        "VirtualHost",
        RouteReader.HOST_TYPE,
        encoded,
        VirtualHost.parser(),
        VirtualHost::getName,
        (message, findings) -> new RouteReader(findings, false).host(message, Path.ROOT));
  }

  /** A secret as it comes by SDS. */
  public Parsed<SecretConfig> secret(Any resource) {
    return typed(TlsReader.SECRET_TYPE, resource, this::secret);
  }

  /** A secret as it comes by SDS. */
  public Parsed<SecretConfig> secret(ByteString encoded) {
    return read(
        "Secret",
        TlsReader.SECRET_TYPE,
        encoded,
        Secret.parser(),
        Secret::getName,
        (message, findings) -> new TlsReader(findings).secret(message, Path.ROOT));
  }

  public Parsed<ClusterConfig> cluster(Any resource) {
    return typed(ResourceType.CLUSTER, resource, this::cluster);
  }

  public Parsed<ClusterConfig> cluster(ByteString encoded) {
    Optional<MapEntries> options = MapEntries.take(encoded, UpstreamHttpReader.OPTIONS_NUMBER);
    if (options.isEmpty()) {
      return noMessage("Cluster", ClusterReader.TYPE);
    }
    return read(
        "Cluster",
        ClusterReader.TYPE,
        encoded,
        options.get().rest(),
        Cluster.parser(),
        Cluster::getName,
        (message, findings) ->
            new ClusterReader(findings).read(message, options.get().maps().getFirst(), Path.ROOT));
  }

  public Parsed<EndpointsConfig> endpoints(Any resource) {
    return typed(ResourceType.ENDPOINTS, resource, this::endpoints);
  }

  public Parsed<EndpointsConfig> endpoints(ByteString encoded) {
    return read(
        "ClusterLoadAssignment",
        EndpointsReader.TYPE,
        encoded,
        ClusterLoadAssignment.parser(),
        ClusterLoadAssignment::getClusterName,
        (message, findings) -> new EndpointsReader(findings, false).read(message, Path.ROOT));
  }

  /** Reads a layer of the runtime as RTDS brings it. */
  public Parsed<RuntimeTable> runtime(Any resource) {
    return typed(ResourceType.RUNTIME, resource, this::runtime);
  }

  /** The same, encoded. */
  public Parsed<RuntimeTable> runtime(ByteString encoded) {
    return read(
        "Runtime",
        RuntimeReader.TYPE,
        encoded,
        Runtime.parser(),
        Runtime::getName,
        (message, findings) -> {
          findings.required(message.getName(), Path.ROOT.field("name"));
          return new RuntimeReader(findings).table(message, Path.ROOT);
        });
  }

  private static <T> Parsed<T> typed(
      ResourceType type, Any resource, Function<ByteString, Parsed<T>> read) {
    return typed(type.typeUrl().substring(Findings.TYPE_PREFIX.length()), resource, read);
  }

  private static <T> Parsed<T> typed(
      String type, Any resource, Function<ByteString, Parsed<T>> read) {
    String url = Findings.TYPE_PREFIX + type;
    if (!resource.getTypeUrl().equals(url)) {
      return refused(
          "resource", resource.getTypeUrl().isEmpty() ? "no type URL" : resource.getTypeUrl(), url);
    }
    return read.apply(resource.getValue());
  }

  private <M extends Message, T> Parsed<T> read(
      String label,
      String type,
      ByteString encoded,
      Parser<M> parser,
      Function<M, String> name,
      BiFunction<M, Findings, T> reader) {
    return read(label, type, encoded, encoded, parser, name, reader);
  }

  /** Of which {@code rest} is parsed; the whole is guarded. */
  private <M extends Message, T> Parsed<T> read(
      String label,
      String type,
      ByteString encoded,
      ByteString rest,
      Parser<M> parser,
      Function<M, String> name,
      BiFunction<M, Findings, T> reader) {
    if (encoded.size() > LARGEST) {
      return refused(label, encoded.size() + " bytes", "at most " + LARGEST + " bytes");
    }
    M message;
    try {
      message = parser.parseFrom(rest);
    } catch (InvalidProtocolBufferException _) {
      return noMessage(label, type);
    }
    Findings findings = new Findings(label + " " + name.apply(message), options);
    WireGuard.check(encoded, Schema.claimed(type), Path.ROOT, findings);
    return findings.conclude(reader.apply(message, findings));
  }

  private static <T> Parsed<T> noMessage(String label, String type) {
    return refused(label, "bytes that are not a message", "an encoded " + type);
  }

  private static <T> Parsed<T> refused(String label, String offending, String expected) {
    return new Parsed.Refused<>(List.of(new ConfigError(label, "", offending, expected)));
  }
}
