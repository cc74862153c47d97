package io.heddle.xds.server;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.heddle.xds.model.ResourceType;
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

  /** What SotW responses of a type say is their version, in one scope. */
  record StateVersion(Scope scope, ResourceType type, String version) {}

  private record Place(Scope scope, ResourceKey key) {}

  private final Set<Scope> declared;
  private final List<Entry> entries;
  private final List<StateVersion> versions;

  private CacheUpdate(Set<Scope> declared, List<Entry> entries, List<StateVersion> versions) {
    this.declared = declared;
    this.entries = entries;
    this.versions = versions;
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

  List<StateVersion> versions() {
    return versions;
  }

  /** Collects puts and removals; the last one for a resource in a scope counts. */
  public static final class Builder {
    private final Set<Scope> declared = new LinkedHashSet<>();
    private final Map<Place, Entry> entries = new LinkedHashMap<>();
    private final List<StateVersion> versions = new ArrayList<>();

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

    /**
     * Hides a resource from the nodes of a scope that see it in a less specific one: to them it
     * does not exist. A put or removal in the same scope ends that.
     *
     * @throws IllegalArgumentException for a virtual host
     */
    @CanIgnoreReturnValue
    public Builder hide(Scope scope, ResourceKey key) {
      return enter(new Entry(scope, key, Optional.of(EncodedResource.hidden(key))));
    }

    /**
     * Gives the version of a type's whole state, which SotW responses to nodes of this scope carry
     * from now on; without one they carry a hash of what is in them. Alone it makes nothing be
     * sent.
     */
    @CanIgnoreReturnValue
    public Builder stateVersion(Scope scope, ResourceType type, String version) {
      declared.add(scope);
      versions.add(new StateVersion(scope, type, version));
      return this;
    }

    /** The update so far. */
    public CacheUpdate build() {
      return new CacheUpdate(
          new LinkedHashSet<>(declared),
          List.copyOf(new ArrayList<>(entries.values())),
          List.copyOf(versions));
    }

    private Builder enter(Entry entry) {
      declared.add(entry.scope());
      entries.put(new Place(entry.scope(), entry.key()), entry);
      return this;
    }
  }
}
