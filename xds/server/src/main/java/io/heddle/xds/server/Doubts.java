package io.heddle.xds.server;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The names of one subscription that the client may hold in another version than the one it
 * accepted, and which version that is. Owned by the stream's shard.
 *
 * <p>A doubt begins when a name is asked for, and when a response with it is refused: clients such
 * as Envoy take the good part of one. It ends when a response that settles it is accepted; until
 * then that response carries it.
 */
final class Doubts {
  /** No version can be told. */
  private static final String ANY = "";

  private Map<String, String> versions = new HashMap<>();

  boolean about(String name) {
    return versions.containsKey(name);
  }

  /** Nothing is known of what the client holds under the name. */
  void begin(String name) {
    versions.put(name, ANY);
  }

  /** The client may hold this version now; two such doubts leave open which. */
  void add(String name, String version) {
    versions.merge(name, version, (a, b) -> a.equals(b) ? a : ANY);
  }

  void end(String name) {
    if (versions.remove(name) != null) {
      shrink();
    }
  }

  /** Ends a doubt that was about this version alone. */
  void end(String name, String version) {
    versions.remove(name, version);
  }

  void endUnless(Predicate<String> kept) {
    versions.keySet().removeIf(name -> !kept.test(name));
  }

  /** Hands over all but those about the kept names: a full state settles what is not due still. */
  Map<String, String> handOverExcept(Set<String> kept) {
    if (versions.isEmpty()) {
      return Map.of();
    }
    Map<String, String> handed = new HashMap<>(versions);
    handed.keySet().removeAll(kept);
    versions.keySet().removeAll(handed.keySet());
    shrink();
    return handed;
  }

  /** Hands over those about these names. */
  Map<String, String> handOver(Collection<String> names, Collection<String> others) {
    if (versions.isEmpty()) {
      return Map.of();
    }
    Map<String, String> handed = new HashMap<>();
    names.forEach(name -> handOver(name, handed));
    others.forEach(name -> handOver(name, handed));
    shrink();
    return handed;
  }

  /** A map that was large once stays large. */
  private void shrink() {
    if (versions.isEmpty()) {
      versions = new HashMap<>(0);
    }
  }

  private void handOver(String name, Map<String, String> handed) {
    String version = versions.remove(name);
    if (version != null) {
      handed.put(name, version);
    }
  }
}
