package io.heddle.control.api.document;

import io.heddle.control.api.resource.SecretSpec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a {@code Secret} of type {@code kubernetes.io/tls}: {@code data} in Base64 or {@code
 * stringData} as text. What is wrong with its data is said without the data.
 */
final class SecretReader {
  private static final int MOST_CHARACTERS = 256 << 10;
  private static final Syntax KEY =
      Syntax.matching("tls.crt, tls.key or ca.crt", "tls\\.crt|tls\\.key|ca\\.crt", 16);

  private SecretReader() {}

  static SecretSpec read(Fields document, boolean stored) {
    String type = document.requiredText("type", Syntax.ANY);
    if (!type.isEmpty() && !type.equals(SecretSpec.TYPE)) {
      document.wrong("type", Problems.quote(type) + " is not supported", SecretSpec.TYPE);
    }
    // Values are checked below, so that no message quotes them.
    Map<String, String> coded = document.textMap("data", 3, KEY, Syntax.ANY);
    Map<String, String> plain = document.textMap("stringData", 3, KEY, Syntax.ANY);
    document.notYet("immutable");
    if (SecretSpec.HIDDEN.equals(coded.get(SecretSpec.KEY))) {
      if (!stored) {
        document.wrong("data", SecretSpec.HIDDEN, "the certificate and the key themselves");
      }
      return SecretSpec.WITHOUT_DATA;
    }
    String certificates = text(document, SecretSpec.CERTIFICATES, coded, plain);
    String key = text(document, SecretSpec.KEY, coded, plain);
    if (!certificates.isEmpty() && !key.isEmpty()) {
      Pem.problemOfPair(certificates, key)
          .ifPresent(problem ->
              document.wrong(
                  "data", problem, "a chain of certificates and the first one's key, in PEM"));
    }
    return new SecretSpec(certificates, key);
  }

  private static String text(
      Fields document, String name, Map<String, String> coded, Map<String, String> plain) {
    String text = plain.get(name);
    if (text == null && coded.containsKey(name)) {
      Optional<String> decoded = decoded(coded.getOrDefault(name, ""));
      if (decoded.isEmpty()) {
        document.wrong("data." + name, "no Base64 of a text", "the PEM text in Base64");
        return "";
      }
      text = decoded.get();
    }
    if (text == null || text.isBlank()) {
      if (document.states("type")) {
        document.wrong("data." + name, "missing", "the PEM text in Base64, or in stringData");
      }
      return "";
    }
    if (text.length() > MOST_CHARACTERS) {
      document.wrong("data." + name, text.length() + " characters", "at most 256 KiB");
      return "";
    }
    return text;
  }

  private static Optional<String> decoded(String base64) {
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(base64);
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (IllegalArgumentException | CharacterCodingException _) {
      return Optional.empty(); // the caller names the field
    }
  }
}
