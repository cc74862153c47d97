package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever happens in whatever order, in the end each client holds exactly the cache. */
class ConvergenceTest {
  private static final int NAMES = 8;
  private static final int STEPS = 300;

  /**
   * A client that keeps what it accepts and refuses content that is marked as bad: some take the
   * good part of such a response, as Envoy does, others nothing of it.
   */
  private static final class Holder {
    private final Mesh mesh;
    private final boolean takesTheGoodPart;
    private final Variant variant;
    private final String id;
    private final Random random;
    private final Map<ResourceType, Map<String, ByteString>> held =
        new EnumMap<>(ResourceType.class);
    private final Map<ResourceType, Set<String>> wanted = new EnumMap<>(ResourceType.class);
    private ScriptedClient client;

    Holder(Mesh mesh, Variant variant, String id, Random random, boolean takesTheGoodPart) {
      this.takesTheGoodPart = takesTheGoodPart;
      this.mesh = mesh;
      this.variant = variant;
      this.id = id;
      this.random = random;
      wanted(ENDPOINTS).add("n0");
      wanted(ROUTES).add("n0");
      client = mesh.hastyClient(variant, id);
      connect();
    }

    private Set<String> wanted(ResourceType type) {
      return wanted.computeIfAbsent(type, t -> new HashSet<>());
    }

    private Map<String, ByteString> held(ResourceType type) {
      return held.computeIfAbsent(type, t -> new HashMap<>());
    }

    private void connect() {
      for (ResourceType type : spoken(variant)) {
        String[] names = wanted(type).toArray(String[]::new);
        if (held(type).isEmpty()) {
          client.subscribe(type, names);
          continue;
        }
        Map<String, String> versions = new LinkedHashMap<>();
        held(type).forEach((name, content) -> versions.put(name, version(type, content)));
        client.resume(type, versions, names);
      }
    }

    private static String version(ResourceType type, ByteString content) {
      for (int n = 0; n < NAMES; n++) {
        for (int revision = 1; revision < 20; revision++) {
          EncodedResource resource = of(type, "n" + n, revision);
          if (resource.any().getValue().equals(content)) {
            return resource.version();
          }
        }
      }
      throw new AssertionError("content of no version");
    }

    void reconnect() {
      client.close();
      client = mesh.hastyClient(variant, id);
      connect();
    }

    void toggle() {
      ResourceType type = NAMED.get(random.nextInt(NAMED.size()));
      String name = "n" + random.nextInt(1, NAMES);
      if (wanted(type).remove(name)) {
        held(type).remove(name);
        client.unsubscribe(type, name);
      } else {
        wanted(type).add(name);
        client.subscribe(type, name);
      }
    }

    /** Takes one waiting response; false when there is none. */
    boolean take(Set<ByteString> bad) {
      Optional<ScriptedClient.Answer> next = client.poll();
      if (next.isEmpty()) {
        return false;
      }
      ScriptedClient.Answer answer = next.get();
      assertThat(answer.names()).doesNotHaveDuplicates();
      List<String> refused =
          answer.names().stream().filter(name -> bad.contains(answer.content().get(name))).toList();
      if (refused.isEmpty() || takesTheGoodPart) {
        keep(answer, refused);
      }
      if (refused.isEmpty()) {
        client.ack(answer);
      } else {
        client.nack(answer, random.nextBoolean() ? "refused" : String.join(", ", refused));
      }
      return true;
    }

    private void keep(ScriptedClient.Answer answer, List<String> refused) {
      ResourceType type = answer.type();
      if (!variant.delta() && type.fullState()) {
        held(type).keySet().retainAll(answer.names());
      }
      answer
          .content()
          .forEach((name, content) -> {
            boolean wanted = ServedTypes.legacyWildcard(type) || wanted(type).contains(name);
            if (wanted && !refused.contains(name)) {
              held(type).put(name, content);
            }
          });
      answer.removed().forEach(held(type)::remove);
    }

    void holdsTheCache() {
      Map<ResourceKey, EncodedResource> cache = mesh.cache.contents(Mesh.SCOPE);
      for (ResourceType type : spoken(variant)) {
        Map<String, ByteString> expected = new HashMap<>();
        cache.forEach((key, resource) -> {
          if (key.type() == type
              && (ServedTypes.legacyWildcard(type) || wanted(type).contains(key.name()))) {
            expected.put(key.name(), resource.any().getValue());
          }
        });
        Map<String, ByteString> actual = new HashMap<>(held(type));
        if (!variant.delta() && !type.fullState()) {
          actual.keySet().retainAll(expected.keySet()); // SotW implies no deletion here
        }
        assertThat(actual).as("%s of %s on %s", type, id, variant).isEqualTo(expected);
      }
    }
  }

  /** The types that a client asks for by name. */
  private static final List<ResourceType> NAMED =
      ServedTypes.ALL.stream().filter(type -> !ServedTypes.legacyWildcard(type)).toList();

  private static List<ResourceType> spoken(Variant variant) {
    return ServedTypes.ALL.stream().filter(variant::speaks).toList();
  }

  private static EncodedResource of(ResourceType type, String name, int revision) {
    return type == ROUTES
        ? Resources.routes(name, revision, "n" + revision % NAMES, name)
        : Resources.resource(type, name, revision);
  }

  static Stream<Arguments> seeds() {
    return LongStream.range(0, Integer.getInteger("heddle.seeds", 6))
        .boxed()
        .flatMap(seed -> Stream.of(Variant.values()).map(v -> Arguments.of(v, seed)));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyClientEndsWithExactlyTheCache(Variant variant, long seed) {
    Random random = new Random(seed);
    Set<ByteString> bad = new HashSet<>();
    Set<ByteString> used = new HashSet<>();
    try (Mesh mesh = new Mesh()) {
      List<Holder> holders = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        holders.add(new Holder(mesh, variant, "node" + i, random, i != 1));
      }
      List<ResourceType> types = spoken(variant);
      for (int step = 0; step < STEPS; step++) {
        Holder holder = holders.get(random.nextInt(holders.size()));
        switch (random.nextInt(12)) {
          case 0, 1, 2 -> {
            CacheUpdate.Builder update = CacheUpdate.builder();
            for (int i = random.nextInt(1, 5); i > 0; i--) {
              EncodedResource resource =
                  of(
                      types.get(random.nextInt(types.size())),
                      "n" + random.nextInt(NAMES),
                      random.nextInt(1, 20));
              update.put(Mesh.SCOPE, resource);
              // What was once good stays good: clients do not change their minds.
              if (used.add(resource.any().getValue()) && random.nextInt(5) == 0) {
                bad.add(resource.any().getValue());
              }
            }
            mesh.cache.apply(update.build());
          }
          case 3 ->
              mesh.remove(types.get(random.nextInt(types.size())), "n" + random.nextInt(NAMES));
          case 4 -> holder.toggle();
          case 5 -> {
            if (random.nextInt(4) == 0) {
              holder.reconnect();
            }
          }
          case 6 -> mesh.settle();
          default -> holder.take(bad);
        }
      }
      // Every bad resource is mended, and then all that is due is taken.
      mesh.settle();
      CacheUpdate.Builder mending = CacheUpdate.builder();
      mesh.cache
          .contents(Mesh.SCOPE)
          .forEach((key, resource) -> {
            if (bad.contains(resource.any().getValue())) {
              mending.remove(Mesh.SCOPE, key);
            }
          });
      mesh.cache.apply(mending.build());
      boolean busy = true;
      for (int round = 0; busy && round < 2_000; round++) {
        mesh.settle();
        busy = false;
        for (Holder holder : holders) {
          busy |= holder.take(bad);
        }
        if (!busy) {
          mesh.elapse();
          for (Holder holder : holders) {
            busy |= holder.take(bad);
          }
        }
      }
      assertThat(busy).as("responses without an end").isFalse();
      holders.forEach(Holder::holdsTheCache);
    }
  }
}
