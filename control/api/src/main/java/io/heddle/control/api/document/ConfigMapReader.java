package io.heddle.control.api.document;

import io.heddle.control.api.resource.ConfigMapSpec;
import java.util.Map;

/** Reads a {@code ConfigMap}, of which Heddle uses {@code ca.crt}. */
final class ConfigMapReader {
  private static final int MOST_BYTES = 1 << 20;
  private static final Syntax KEY =
      Syntax.matching("1 to 253 letters, digits, '-', '_' and '.'", "[-._a-zA-Z0-9]+", 253);

  private ConfigMapReader() {}

  static ConfigMapSpec read(Fields document) {
    Map<String, String> data = document.textMap("data", 64, KEY, Syntax.ANY);
    int size = data.values().stream().mapToInt(String::length).sum();
    if (size > MOST_BYTES) {
      document.wrong("data", size + " characters", "at most 1 MiB");
    }
    String authorities = data.get(ConfigMapSpec.CA);
    if (authorities != null) {
      Pem.problemOfCertificates(authorities)
          .ifPresent(problem ->
              document.wrong("data." + ConfigMapSpec.CA, problem, "certificates in PEM"));
    }
    document.notYet("binaryData", "immutable");
    return new ConfigMapSpec(data);
  }
}
