package io.heddle.control.api.resource;

import java.util.Objects;

/**
 * One object as users write it and read it back: metadata, spec and status. Its {@code apiVersion}
 * and {@code kind} follow from the type of its spec.
 *
 * @param status {@link ObjectStatus#NONE} in what is stored; filled in where objects are shown
 */
public record ResourceObject(ObjectMeta metadata, Spec spec, ObjectStatus status) {
  public ResourceObject {
    Objects.requireNonNull(metadata, "metadata");
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(status, "status");
  }

  public static ResourceObject of(ObjectMeta metadata, Spec spec) {
    return new ResourceObject(metadata, spec, ObjectStatus.NONE);
  }

  public Kind kind() {
    return spec.kind();
  }

  public String apiVersion() {
    return kind().apiVersion();
  }

  public ObjectKey key() {
    return new ObjectKey(kind(), metadata.namespace(), metadata.name());
  }

  public ResourceObject withMetadata(ObjectMeta newMetadata) {
    return new ResourceObject(newMetadata, spec, status);
  }

  public ResourceObject withStatus(ObjectStatus newStatus) {
    return new ResourceObject(metadata, spec, newStatus);
  }
}
