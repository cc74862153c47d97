package io.heddle.control.api.resource;

/**
 * A certificate with its private key (Kubernetes {@code v1 Secret} of type {@code
 * kubernetes.io/tls}).
 *
 * <p>Neither is ever part of what is printed: {@link #toString} leaves them out, and so does {@code
 * ObjectWriter} unless it writes for the store.
 *
 * @param certificates the chain in PEM, the server's own first; empty in what was read back without
 *     its data
 * @param key the private key in PEM, as empty
 */
public record SecretSpec(String certificates, String key) implements Spec {
  public static final String TYPE = "kubernetes.io/tls";
  public static final String CERTIFICATES = "tls.crt";
  public static final String KEY = "tls.key";

  /** What stands where a secret's data would. */
  public static final String HIDDEN = "(hidden)";

  /** One of which only its place is known, as history keeps it. */
  public static final SecretSpec WITHOUT_DATA = new SecretSpec("", "");

  @Override
  public Kind kind() {
    return Kind.SECRET;
  }

  /** Whether certificates and key are here. */
  public boolean hasData() {
    return !key.isEmpty();
  }

  @Override
  public String toString() {
    return "SecretSpec[" + HIDDEN + "]";
  }
}
