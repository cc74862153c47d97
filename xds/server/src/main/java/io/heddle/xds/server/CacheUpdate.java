package io.heddle.xds.server;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A change of the cache over any number of scopes, applied as one. */
public final class CacheUpdate {
  /** One resource's new state in one scope; an empty resource is a removal. */
  record Entry(Scope scope, ResourceKey key, Optional<EncodedResource> resource) {}

  private record Place(Scope scope, ResourceKey key) {}

  private final Set<Scope> declared;
  private final List<Entry> entries;

  private CacheUpdate(Set<Scope> declared, List<Entry> entries) {
    this.declared = declared;
    this.entries = entries;
  }

  /** Starts an empty update. */
  public static Builder builder() {
    return new Builder();
  }

  Set<Scope> declared() {
    return declared;
  }

  List<Entry> entries() {
    return entries;
  }

  /** Collects puts and removals; the last one for a resource in a scope counts. */
  public static final class Builder {
    private final Set<Scope> declared = new LinkedHashSet<>();
    private final Map<Place, Entry> entries = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Makes a scope known, even when it holds nothing. Until all scopes of a node are known, the
     * node is not answered at all; a put or removal in a scope makes it known too.
     */
    @CanIgnoreReturnValue
    public Builder declare(Scope scope) {
      declared.add(scope);
      return this;
    }

    /** Adds or replaces a resource. */
    @CanIgnoreReturnValue
    public Builder put(Scope scope, EncodedResource resource) {
      return enter(new Entry(scope, resource.key(), Optional.of(resource)));
    }

    /** Removes a resource; nothing happens where it does not exist. */
    @CanIgnoreReturnValue
    public Builder remove(Scope scope, ResourceKey key) {
      return enter(new Entry(scope, key, Optional.empty()));
    }

    /** The update so far. */
    public CacheUpdate build() {
      return new CacheUpdate(
          new LinkedHashSet<>(declared), List.copyOf(new ArrayList<>(entries.values())));
    }

    private Builder enter(Entry entry) {
      declared.add(entry.scope());
      entries.put(new Place(entry.scope(), entry.key()), entry);
      return this;
    }
  }
}
