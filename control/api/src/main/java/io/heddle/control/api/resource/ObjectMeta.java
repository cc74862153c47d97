package io.heddle.control.api.resource;

import java.util.Map;
import java.util.Objects;

/**
 * What every object says about itself.
 *
 * @param namespace {@code default} unless the document says otherwise
 * @param generation counts the changes of the spec; zero before the object was stored
 * @param resourceVersion opaque, of the store; empty before the object was stored. In an object
 *     that a user sends it is the version that the change is based on
 * @param creationTimestamp RFC 3339, set by the store, else empty
 * @param uid set by the store, else empty
 */
public record ObjectMeta(
    String name,
    String namespace,
    Map<String, String> labels,
    Map<String, String> annotations,
    long generation,
    String resourceVersion,
    String creationTimestamp,
    String uid) {
  public static final String DEFAULT_NAMESPACE = "default";

  public ObjectMeta {
    Objects.requireNonNull(name, "name");
    labels = Ordered.copy(labels);
    annotations = Ordered.copy(annotations);
    if (generation < 0) {
      throw new IllegalArgumentException("generation: " + generation + " (expected: >= 0)");
    }
  }

  /** An object that was not stored yet, in the namespace {@code default}. */
  public static ObjectMeta of(String name) {
    return of(name, DEFAULT_NAMESPACE);
  }

  /** An object that was not stored yet. */
  public static ObjectMeta of(String name, String namespace) {
    return new ObjectMeta(name, namespace, Map.of(), Map.of(), 0, "", "", "");
  }

  public ObjectMeta withLabels(Map<String, String> newLabels) {
    return new ObjectMeta(
        name,
        namespace,
        newLabels,
        annotations,
        generation,
        resourceVersion,
        creationTimestamp,
        uid);
  }

  /** The same, as the store kept it. */
  public ObjectMeta stored(
      long newGeneration, String newResourceVersion, String newCreationTimestamp, String newUid) {
    return new ObjectMeta(
        name,
        namespace,
        labels,
        annotations,
        newGeneration,
        newResourceVersion,
        newCreationTimestamp,
        newUid);
  }
}
