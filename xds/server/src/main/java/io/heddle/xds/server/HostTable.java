package io.heddle.xds.server;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The virtual hosts of one route configuration in one scope, found by the host of a request as
 * Envoy's {@code VirtualHost.domains} says: a domain that is equal, else the longest that begins
 * with a star, else the longest that ends with one, else the star alone. Owned by the shard.
 */
final class HostTable {
  private final Map<String, EncodedResource> byName = new TreeMap<>();

  /** From the domains, in lower case; null since the last change. */
  private @Nullable Map<String, EncodedResource> byDomain;

  void put(EncodedResource host) {
    byName.put(host.name(), host);
    byDomain = null;
  }

  void remove(String name) {
    byName.remove(name);
    byDomain = null;
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  @Nullable EncodedResource find(String requestHost) {
    Map<String, EncodedResource> domains = domains();
    String host = requestHost.toLowerCase(Locale.ROOT);
    EncodedResource found = domains.get(host);
    for (int from = 1; found == null && from < host.length(); from++) {
      found = domains.get("*" + host.substring(from));
    }
    for (int to = host.length() - 1; found == null && to > 0; to--) {
      found = domains.get(host.substring(0, to) + "*");
    }
    return found == null ? domains.get("*") : found;
  }

  private Map<String, EncodedResource> domains() {
    Map<String, EncodedResource> known = byDomain;
    if (known == null) {
      known = new HashMap<>();
      for (EncodedResource host : byName.values()) {
        for (String domain : host.domains()) {
          known.putIfAbsent(domain.toLowerCase(Locale.ROOT), host);
        }
      }
      byDomain = known;
    }
    return known;
  }
}
