package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the client of one subscription has accepted and still holds, by the names that it asked by.
 * Owned by the stream's shard.
 *
 * <p>Nearly always that is just what its scopes show, for thousands of names. Once a subscription
 * has settled it therefore follows the scopes and keeps only what is different. Whoever changes a
 * scope calls {@link #beforeChange} first, so that the client goes on holding what it was sent.
 */
final class Held {
  /** Stands for a name that is shown and not held. */
  private static final EncodedResource NOTHING =
      EncodedResource.heldElsewhere(ResourceType.CLUSTER, "", "");

  private static final int UNKNOWN = -1;

  private final StreamState stream;
  private final ResourceType type;
  private final Interest interest;

  /** All that is held or, while following, what is held otherwise than shown. */
  private Map<String, EncodedResource> own = new HashMap<>();

  private boolean following;
  private int size;

  Held(StreamState stream, ResourceType type, Interest interest) {
    this.stream = stream;
    this.type = type;
    this.interest = interest;
  }

  @Nullable EncodedResource get(String name) {
    EncodedResource held = own.get(name);
    if (held != null || !following) {
      return held == NOTHING ? null : held;
    }
    return interest.covers(name) ? stream.lookup(type, name) : null;
  }

  boolean containsKey(String name) {
    return get(name) != null;
  }

  void put(String name, EncodedResource resource) {
    if (size != UNKNOWN && get(name) == null) {
      size++;
    }
    if (following) {
      EncodedResource shown = stream.lookup(type, name);
      if (shown != null && shown.sameVersion(resource)) {
        forget(name);
        return;
      }
    }
    own.put(name, resource);
  }

  void remove(String name) {
    if (size != UNKNOWN && get(name) != null) {
      size--;
    }
    if (following && interest.covers(name) && stream.lookup(type, name) != null) {
      own.put(name, NOTHING);
    } else {
      forget(name);
    }
  }

  private void forget(String name) {
    own.remove(name);
    if (own.isEmpty() && following) {
      own = new HashMap<>(0); // of what it has grown to, nothing is needed again soon
    }
  }

  /** Keeps nothing but these; called when the interest has shrunk to them. */
  void retain(Predicate<String> kept) {
    own.keySet().removeIf(name -> !kept.test(name));
    size = following ? UNKNOWN : own.size();
  }

  /** What the scopes show under this name is about to change. */
  void beforeChange(String name) {
    if (following && !own.containsKey(name)) {
      EncodedResource shown = stream.lookup(type, name);
      own.put(name, shown == null ? NOTHING : shown);
    }
  }

  /** What the scopes show under this name has changed. */
  void afterChange(String name) {
    EncodedResource held = following ? own.get(name) : null;
    if (held != null) {
      EncodedResource shown = stream.lookup(type, name);
      if (shown == null ? held == NOTHING : shown.sameVersion(held)) {
        forget(name);
      }
    }
  }

  /** From now on holds what is shown unless it is said otherwise. Calling again changes nothing. */
  void follow() {
    if (following || !mayFollow()) {
      return;
    }
    Map<String, EncodedResource> different = new HashMap<>(0);
    for (String name : shownOrAsked()) {
      EncodedResource shown = stream.lookup(type, name);
      EncodedResource held = own.get(name);
      if (shown != null && held == null) {
        different.put(name, NOTHING);
      } else if (held != null && (shown == null || !shown.sameVersion(held))) {
        different.put(name, held);
      }
    }
    for (Map.Entry<String, EncodedResource> held : own.entrySet()) {
      if (stream.lookup(type, held.getKey()) == null) {
        different.put(held.getKey(), held.getValue());
      }
    }
    size = own.size();
    own = different;
    following = true;
  }

  /**
   * Holds all that is shown and asked for, before anything else is said; false where that cannot
   * be. Whoever calls it then removes what is not held.
   */
  boolean followFromTheStart() {
    if (following || !own.isEmpty() || !mayFollow()) {
      return false;
    }
    following = true;
    size = UNKNOWN;
    return true;
  }

  /** Whether this very version is shown, is what the client should hold, and is held. */
  boolean isShown(String name, @Nullable String version) {
    if (version == null || !following || own.containsKey(name) || !interest.covers(name)) {
      return false;
    }
    EncodedResource shown = stream.lookup(type, name);
    return shown != null && shown.version().equals(version) && stream.offers(shown, name);
  }

  /**
   * Virtual hosts are asked for by other names than theirs; and what is shown on demand changes
   * with what is asked for.
   */
  private boolean mayFollow() {
    return type != ResourceType.VIRTUAL_HOSTS && !stream.seesOnDemand();
  }

  private Collection<String> shownOrAsked() {
    if (!interest.wildcard()) {
      return interest.names();
    }
    Set<String> names = stream.visibleNames(type);
    names.addAll(interest.names());
    return names;
  }

  int size() {
    if (size == UNKNOWN) {
      size = copy().size();
    }
    return size;
  }

  Set<String> names() {
    return copy().keySet();
  }

  Collection<EncodedResource> values() {
    return copy().values();
  }

  /** All of it in a map of the caller's own. */
  Map<String, EncodedResource> copy() {
    Map<String, EncodedResource> all = new LinkedHashMap<>();
    if (following) {
      Set<String> names = new LinkedHashSet<>(shownOrAsked());
      names.addAll(own.keySet());
      for (String name : names) {
        EncodedResource held = get(name);
        if (held != null) {
          all.put(name, held);
        }
      }
    } else {
      all.putAll(own);
    }
    return all;
  }
}
