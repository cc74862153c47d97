import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.ScopeResolver;
import io.heddle.xds.server.XdsServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Heddle's xDS server with whatever resources a test says: {@code java -cp LIBRARIES
 * XdsTarget.java}.
 *
 * <p>Prints its port. Each line of its input is a JSON object with all there is from then on:
 * {@code shown} and {@code onDemand} are lists of {@code {name, ttl, resource}}, the resource with
 * its {@code @type}, the time to live in seconds where there is one. Prints {@code applied}, or
 * what is wrong; ends with its input.
 */
public final class XdsTarget {
  private static final Scope SHOWN = new Scope("shown");
  private static final Scope ON_DEMAND = new Scope("on-demand");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ResourceCache cache = new ResourceCache();
  private final Map<Scope, Set<ResourceKey>> present =
      Map.of(SHOWN, new HashSet<>(), ON_DEMAND, new HashSet<>());
  private final Map<String, Descriptor> types = new HashMap<>();

  public static void main(String[] args) throws IOException {
    new XdsTarget().serve();
  }

  private void serve() throws IOException {
    ScopeResolver resolver =
        new ScopeResolver() {
          @Override
          public List<Scope> scopesOf(NodeInfo node) {
            return List.of(SHOWN);
          }

          @Override
          public List<Scope> onDemandScopesOf(NodeInfo node) {
            return List.of(ON_DEMAND);
          }
        };
    try (XdsServer xds = XdsServer.builder(cache, resolver).shards(1).build()) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .directExecutor()
              .addServices(xds.services())
              .build()
              .start();
      System.out.println(server.getPort());
      BufferedReader states =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = states.readLine(); line != null; line = states.readLine()) {
        System.out.println(applied(line));
      }
      server.shutdownNow();
    }
  }

  private String applied(String line) {
    try {
      JsonNode state = JSON.readTree(line);
      CacheUpdate.Builder update = CacheUpdate.builder().declare(SHOWN).declare(ON_DEMAND);
      put(SHOWN, state.path("shown"), update);
      put(ON_DEMAND, state.path("onDemand"), update);
      cache.apply(update.build());
      cache.markReady();
      return "applied";
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      return String.valueOf(e).replace('\n', ' ');
    }
  }

  private void put(Scope scope, JsonNode resources, CacheUpdate.Builder update)
      throws IOException, ReflectiveOperationException {
    Set<ResourceKey> gone = new HashSet<>(present.get(scope));
    present.get(scope).clear();
    for (JsonNode entry : resources) {
      EncodedResource resource = resource(entry);
      update.put(scope, resource);
      present.get(scope).add(resource.key());
      gone.remove(resource.key());
    }
    gone.forEach(key -> update.remove(scope, key));
  }

  private EncodedResource resource(JsonNode entry)
      throws IOException, ReflectiveOperationException {
    JsonNode json = entry.path("resource");
    learn(json);
    Any.Builder any = Any.newBuilder();
    TypeRegistry registry = TypeRegistry.newBuilder().add(types.values()).build();
    JsonFormat.parser().usingTypeRegistry(registry).merge(json.toString(), any);
    ResourceType type = ResourceType.ofTypeUrl(any.getTypeUrl()).orElseThrow();
    Message message = (Message) any.build().unpack(messageClass(any.getTypeUrl()));
    EncodedResource resource = EncodedResource.of(type, entry.path("name").asText(), message);
    int ttl = entry.path("ttl").asInt();
    return ttl == 0 ? resource : resource.withTtl(Duration.ofSeconds(ttl));
  }

  /** Finds every type that the resource mentions. */
  private void learn(JsonNode json) throws ReflectiveOperationException {
    String url = json.path("@type").asText();
    if (!url.isEmpty() && !types.containsKey(url)) {
      types.put(url, (Descriptor) messageClass(url).getMethod("getDescriptor").invoke(null));
    }
    for (JsonNode child : json) {
      learn(child);
    }
  }

  private static Class<? extends Message> messageClass(String url) throws ClassNotFoundException {
    String name = "io.envoyproxy." + url.substring(url.lastIndexOf('/') + 1);
    return Class.forName(name).asSubclass(Message.class);
  }
}
