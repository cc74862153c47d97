package io.heddle.control.core.shared;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which etcd, and how it is spoken to.
 *
 * @param endpoints {@code HOST:PORT} of its members
 * @param prefix what all keys begin with; one etcd may serve several meshes
 * @param authority certificates that its members' are signed by; TLS is spoken where it is there
 * @param certificate of this client, with its key; both or none
 * @param credentials a file that holds {@code USER:PASSWORD}
 */
public record EtcdConfig(
    List<String> endpoints,
    String prefix,
    Optional<Path> authority,
    Optional<Path> certificate,
    Optional<Path> key,
    Optional<Path> credentials) {
  private static final String SCHEME = "etcd://";

  public EtcdConfig {
    endpoints = List.copyOf(endpoints);
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException(
          "--etcd-cert, --etcd-key: one alone (expected: both, or none)");
    }
    if (authority.isEmpty() && certificate.isPresent()) {
      throw new IllegalArgumentException(
          "--etcd-cert: without --etcd-ca (expected: the authority of etcd's certificates, too)");
    }
    if (authority.isEmpty()) {
      for (String endpoint : endpoints) {
        String host = endpoint.substring(0, endpoint.lastIndexOf(':'));
        if (!host.startsWith("127.") && !host.equals("localhost") && !host.equals("[::1]")) {
          throw new IllegalArgumentException(
              "--store: "
                  + endpoint
                  + " without --etcd-ca (expected: TLS, as keys and tokens are kept there; clear"
                  + " text on loopback only)");
        }
      }
    }
  }

  /** Whether a text names an etcd. */
  public static boolean isEtcd(String text) {
    return text.startsWith(SCHEME);
  }

  /**
   * Reads {@code etcd://HOST:PORT[,HOST:PORT...][/PREFIX]}.
   *
   * @throws IllegalArgumentException naming the offending and the expected value
   */
  public static EtcdConfig parse(
      String text,
      Optional<Path> authority,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<Path> credentials) {
    String rest = text.substring(SCHEME.length());
    int slash = rest.indexOf('/');
    String prefix = slash < 0 ? "heddle" : rest.substring(slash + 1);
    List<String> endpoints = new ArrayList<>();
    for (String endpoint : (slash < 0 ? rest : rest.substring(0, slash)).split(",", -1)) {
      if (!endpoint.matches("(\\[[0-9a-fA-F:]+]|[A-Za-z0-9.-]+):[0-9]{1,5}")
          || Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1)) > 65_535) {
        throw wrong(text);
      }
      endpoints.add(endpoint);
    }
    if (!prefix.matches("[A-Za-z0-9._-]{1,63}(/[A-Za-z0-9._-]{1,63}){0,3}")) {
      throw wrong(text);
    }
    return new EtcdConfig(endpoints, "/" + prefix + "/", authority, certificate, key, credentials);
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "--store: \""
            + text
            + "\" (expected: etcd://HOST:PORT[,HOST:PORT...][/PREFIX]; a user goes into"
            + " --etcd-credentials)");
  }

  /** For messages: the members, nothing secret. */
  @Override
  public String toString() {
    return SCHEME + String.join(",", endpoints) + prefix.substring(0, prefix.length() - 1);
  }
}
