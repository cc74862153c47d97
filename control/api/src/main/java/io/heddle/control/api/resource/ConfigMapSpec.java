package io.heddle.control.api.resource;

import java.util.Map;

/** Texts by name; Heddle reads {@link #CA} (Kubernetes {@code v1 ConfigMap}). */
public record ConfigMapSpec(Map<String, String> data) implements Spec {
  /** The certificates, in PEM, that a BackendTLSPolicy or a listener may trust. */
  public static final String CA = "ca.crt";

  public ConfigMapSpec {
    data = Ordered.copy(data);
  }

  @Override
  public Kind kind() {
    return Kind.CONFIG_MAP;
  }
}
