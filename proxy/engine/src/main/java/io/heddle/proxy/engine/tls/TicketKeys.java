package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.DataRef;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys of session tickets. A configured key has 80 bytes as Envoy's: a name of 16, then 32 for
 * authentication and 32 for encryption. BoringSSL is given keys of 16 bytes by its binding, so the
 * longer ones are hashed: proxies of ours that share keys resume each other's sessions.
 */
final class TicketKeys {
  private static final int PART = 16;

  private TicketKeys() {}

  static OpenSslSessionTicketKey[] load(List<DataRef> keys, String field)
      throws BadMaterialException {
    List<OpenSslSessionTicketKey> read = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String at = field + ".keys[" + i + "]";
      byte[] key = Material.read(keys.get(i), at);
      if (key.length != 80) {
        throw new BadMaterialException(at, key.length + " bytes", "80 bytes");
      }
      read.add(
          new OpenSslSessionTicketKey(
              Arrays.copyOf(key, PART),
              shortened(Arrays.copyOfRange(key, 16, 48)),
              shortened(Arrays.copyOfRange(key, 48, 80))));
    }
    return read.toArray(OpenSslSessionTicketKey[]::new);
  }

  private static byte[] shortened(byte[] part) {
    return Arrays.copyOf(ParsedCertificate.hash("SHA-256", part), PART);
  }

  /** One of our own. */
  static OpenSslSessionTicketKey random() {
    SecureRandom random = new SecureRandom();
    byte[][] parts = new byte[3][PART];
    for (byte[] part : parts) {
      random.nextBytes(part);
    }
    return new OpenSslSessionTicketKey(parts[0], parts[1], parts[2]);
  }
}
