package io.heddle.control.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The authority that several control planes sign their server certificates by: whoever trusts it
 * trusts each of them. The one that starts first makes it, or brings the one of its folder.
 */
final class SharedAuthority {
  private static final String KEY = "access/authority";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SharedAuthority() {}

  /** Makes an identity in a folder, with a new authority where there is none. */
  interface Making {
    ServerIdentity in(Path folder) throws IOException;
  }

  /** The identity of this control plane in its folder, of the authority that all share. */
  static ServerIdentity identity(SharedKeys keys, Path folder, Making making) throws IOException {
    try {
      Optional<SharedKeys.Entry> shared = keys.get(KEY);
      if (shared.isEmpty()) {
        ServerIdentity made = making.in(folder);
        if (share(keys, folder)) {
          return made;
        }
        shared = keys.get(KEY); // another one was first
      }
      take(shared.orElseThrow(() -> new IOException(KEY + ": was removed")), folder);
      return making.in(folder);
    } catch (SharedKeysException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Brings that of a folder; false where there is one already. */
  static boolean share(SharedKeys keys, Path folder) throws IOException {
    String text =
        MAPPER
            .createObjectNode()
            .put("certificate", Files.readString(folder.resolve("ca.pem")))
            .put("key", Files.readString(folder.resolve("ca.key")))
            .toString();
    return keys.commit(
            List.of(SharedKeys.Condition.absent(KEY)),
            List.of(new SharedKeys.Put(KEY, ByteString.copyFromUtf8(text))))
        != 0;
  }

  private static void take(SharedKeys.Entry shared, Path folder) throws IOException {
    JsonNode node;
    try {
      node = MAPPER.readTree(shared.value().toStringUtf8());
    } catch (JsonProcessingException e) {
      throw new IOException(KEY + ": is damaged; restore the shared store from a backup", e);
    }
    String certificate = node.path("certificate").asText();
    Path file = folder.resolve("ca.pem");
    if (Files.exists(file) && Files.readString(file).equals(certificate)) {
      return;
    }
    // What an authority of its own has signed is of no use any more.
    Files.deleteIfExists(folder.resolve("server.pem"));
    Files.deleteIfExists(folder.resolve("server.key"));
    OwnFile.write(
        folder.resolve("ca.key"), node.path("key").asText().getBytes(StandardCharsets.US_ASCII));
    OwnFile.write(file, certificate.getBytes(StandardCharsets.US_ASCII));
  }
}
