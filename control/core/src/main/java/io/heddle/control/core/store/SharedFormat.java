package io.heddle.control.core.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Which keys a shared store has: its head, which every write sets, a key for each object and each
 * note, and one for each past write.
 */
final class SharedFormat {
  static final String PREFIX = "store/";
  static final String HEAD = PREFIX + "head";
  static final String OBJECTS = PREFIX + "objects/";
  static final String HISTORY = PREFIX + "history/";
  static final String NOTES = PREFIX + "notes/";
  private static final String FORMAT = "heddle-store/1";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SharedFormat() {}

  /** What the head says. */
  record Head(UUID store, long revision) {
    ByteString value() {
      return ByteString.copyFromUtf8(
          MAPPER
              .createObjectNode()
              .put("format", FORMAT)
              .put("store", store.toString())
              .put("revision", revision)
              .toString());
    }

    static Head parse(SharedKeys.Entry entry) {
      try {
        JsonNode node = MAPPER.readTree(entry.value().toStringUtf8());
        String format = node.path("format").asText();
        if (!format.equals(FORMAT)) {
          throw new StoreException(
              "%s: its format is \"%s\" (expected: \"%s\"); name another prefix in --store, or a Heddle that knows it"
                  .formatted(entry.key(), format, FORMAT));
        }
        return new Head(
            UUID.fromString(node.path("store").asText()), node.path("revision").asLong());
      } catch (JsonProcessingException | IllegalArgumentException e) {
        throw new StoreException(
            entry.key() + ": is not Heddle's; name another prefix in --store", e);
      }
    }
  }

  /** Sorted as their numbers are. */
  static String history(long revision) {
    return HISTORY + "%016x".formatted(revision);
  }

  static long revision(String historyKey) {
    try {
      return Long.parseUnsignedLong(historyKey.substring(HISTORY.length()), 16);
    } catch (NumberFormatException e) {
      throw new StoreException(historyKey + ": is not Heddle's; name another prefix in --store", e);
    }
  }

  /** Of several replicas that find nothing one makes the store; its id. */
  static UUID makeIfAbsent(SharedKeys keys, UUID id) {
    for (int attempt = 0; attempt < 3; attempt++) {
      Optional<SharedKeys.Entry> head = keys.get(HEAD);
      if (head.isPresent()) {
        return Head.parse(head.get()).store();
      }
      try {
        keys.commit(
            List.of(SharedKeys.Condition.absent(HEAD)),
            List.of(new SharedKeys.Put(HEAD, new Head(id, 0).value())));
      } catch (SharedKeysException e) {
        if (e.outcomeKnown()) {
          throw e;
        }
        // Whether it was made is seen by looking.
      }
    }
    throw new StoreException(HEAD + ": cannot be made; see the members of etcd");
  }
}
