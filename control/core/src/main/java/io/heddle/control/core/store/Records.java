package io.heddle.control.core.store;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.zip.CRC32C;

/**
 * The bytes that the object file holds: a checksum over name and content, the name of the object,
 * and JSON. MVStore checks the heads and feet of what it writes, not every byte between.
 */
final class Records {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String file;

  /**
   * @param file for messages
   */
  Records(String file) {
    this.file = file;
  }

  /** How an object is named in the file. */
  static String name(ObjectKey key) {
    return key.kind().kindName() + "/" + key.namespace() + "/" + key.name();
  }

  byte[] object(ResourceObject object) {
    return pack(name(object.key()), ObjectWriter.toStoredJson(object));
  }

  ResourceObject readObject(String name, byte[] bytes) {
    return parse(unpack(name, bytes), name);
  }

  byte[] note(String name, String text) {
    return pack(name, text);
  }

  String readNote(String name, byte[] bytes) {
    return unpack(name, bytes);
  }

  /** What history keeps of a Secret is that it changed: {@code toTree} leaves its data out. */
  byte[] history(CommittedWrite write, Change change) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("at", write.at().toString());
    json.put("who", write.context().who());
    json.put("from", write.context().from());
    if (!write.context().how().isEmpty()) {
      json.put("how", write.context().how());
    }
    switch (change) {
      case Change.Create create -> json.set("after", ObjectWriter.toTree(create.after()));
      case Change.Replace replace -> {
        json.set("before", ObjectWriter.toTree(replace.before()));
        json.set("after", ObjectWriter.toTree(replace.after()));
      }
      case Change.Remove remove -> json.set("before", ObjectWriter.toTree(remove.before()));
    }
    return pack(name(change.key()), json.toString());
  }

  HistoryEntry readHistory(long revision, byte[] bytes) {
    String name = nameOf(bytes);
    try {
      JsonNode json = MAPPER.readTree(unpack(name, bytes));
      WriteContext context =
          WriteContext.of(json.path("who").asText(), json.path("from").asText())
              .by(json.path("how").asText());
      Instant at = Instant.parse(json.path("at").asText());
      Revision made = new Revision(String.valueOf(revision));
      if (!json.has("before")) {
        return HistoryEntry.created(made, at, context, parse(json.path("after").toString(), name));
      }
      ResourceObject before = parse(json.path("before").toString(), name);
      return json.has("after")
          ? HistoryEntry.changed(
              made, at, context, before, parse(json.path("after").toString(), name))
          : HistoryEntry.deleted(made, at, context, before);
    } catch (JsonProcessingException | DateTimeParseException e) {
      throw new StoreException(damaged("history of " + name), e);
    }
  }

  /** When the change of a history's record was made. */
  Instant timeOf(byte[] bytes) {
    String name = nameOf(bytes);
    try (JsonParser json = MAPPER.createParser(unpack(name, bytes))) {
      // The time is written first, so that the objects behind it need not be read.
      if (json.nextToken() == JsonToken.START_OBJECT
          && "at".equals(json.nextFieldName())
          && json.nextToken() == JsonToken.VALUE_STRING) {
        return Instant.parse(json.getText());
      }
      throw new StoreException(damaged("history of " + name));
    } catch (IOException | DateTimeParseException e) {
      throw new StoreException(damaged("history of " + name), e);
    }
  }

  /** The name of the object that a record is about, without checking the rest. */
  String nameOf(byte[] bytes) {
    if (bytes.length < 6) {
      throw new StoreException(damaged("a record"));
    }
    int length = ByteBuffer.wrap(bytes).getShort(4) & 0xffff;
    if (bytes.length < 6 + length) {
      throw new StoreException(damaged("a record"));
    }
    return new String(bytes, 6, length, StandardCharsets.UTF_8);
  }

  /** Refuses bytes that are not as they were written. */
  void check(byte[] bytes) {
    String name = nameOf(bytes);
    if (ByteBuffer.wrap(bytes).getInt() != checksum(bytes)) {
      throw new StoreException(damaged(name));
    }
  }

  static byte[] pack(String name, String json) {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] jsonBytes = json.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[6 + nameBytes.length + jsonBytes.length];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).putInt(0).putShort((short) nameBytes.length);
    buffer.put(nameBytes).put(jsonBytes);
    buffer.putInt(0, checksum(bytes));
    return bytes;
  }

  /** The JSON of a record, which is checked. */
  String text(byte[] bytes) {
    return unpack(nameOf(bytes), bytes);
  }

  private String unpack(String name, byte[] bytes) {
    check(bytes);
    if (!nameOf(bytes).equals(name)) {
      throw new StoreException(damaged(name));
    }
    int head = 6 + name.getBytes(StandardCharsets.UTF_8).length;
    return new String(bytes, head, bytes.length - head, StandardCharsets.UTF_8);
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 4, bytes.length - 4);
    return (int) crc.getValue();
  }

  private ResourceObject parse(String json, String name) {
    ParseResult result = ObjectParser.parseStored(file, json);
    if (!result.valid() || result.parsed().size() != 1) {
      String why = result.errors().isEmpty() ? "no object" : result.errors().getFirst().toString();
      throw new StoreException(damaged(name) + " (" + why + ")");
    }
    return result.objects().getFirst();
  }

  private String damaged(String what) {
    return file + ": damaged at " + what + "; put the directory back from the newest backup";
  }
}
