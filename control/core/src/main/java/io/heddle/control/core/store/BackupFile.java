package io.heddle.control.core.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.heddle.control.api.store.StoreException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/**
 * A backup: lines of JSON, the first of which says of what it is, and the last of which has the
 * SHA-256 of all before it. It was read to its end, and its checksum held, before anything is done
 * with it.
 *
 * <p>It holds everything that the store does, the keys of Secrets too.
 */
final class BackupFile implements RecordSource {
  private static final String FORMAT = "heddle-backup/1";
  private static final int LONGEST_LINE = 64 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path file;
  private final Head head;
  private final Counts counts;

  private BackupFile(Path file, Head head, Counts counts) {
    this.file = file;
    this.head = head;
    this.counts = counts;
  }

  /**
   * Of what it is.
   *
   * @param store tells stores apart
   * @param revision the state that it holds
   * @param at when it was made
   */
  record Head(UUID store, long revision, Instant at) {}

  /** How much was written. */
  record Counts(long objects, long changes) {}

  Head head() {
    return head;
  }

  Counts counts() {
    return counts;
  }

  static Counts write(OutputStream out, Head head, RecordSource content) throws IOException {
    Writing writing = new Writing(out);
    writing.line(
        MAPPER
            .createObjectNode()
            .put("format", FORMAT)
            .put("store", head.store().toString())
            .put("revision", head.revision())
            .put("at", head.at().toString())
            .toString());
    content.tell(writing);
    String sum = HexFormat.of().formatHex(writing.digest.digest());
    writing.line(
        MAPPER
            .createObjectNode()
            .put("objects", writing.objects)
            .put("changes", writing.changes)
            .put("notes", writing.notes)
            .put("sha256", sum)
            .toString());
    return new Counts(writing.objects, writing.changes);
  }

  private static final class Writing implements Sink {
    private final OutputStream out;
    private final MessageDigest digest = sha256();
    private final Records records = new Records("the backup");
    private long objects;
    private long changes;
    private long notes;

    Writing(OutputStream out) {
      this.out = out;
    }

    void line(String text) throws IOException {
      byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
      digest.update(bytes);
      out.write(bytes);
    }

    @Override
    public void object(String name, byte[] record) throws IOException {
      line("{\"object\":%s,\"value\":%s}".formatted(quoted(name), records.text(record)));
      objects++;
    }

    @Override
    public void past(long revision, int index, byte[] record) throws IOException {
      line(
          "{\"revision\":%d,\"index\":%d,\"object\":%s,\"change\":%s}"
              .formatted(revision, index, quoted(records.nameOf(record)), records.text(record)));
      changes++;
    }

    @Override
    public void note(String name, String text) throws IOException {
      line("{\"note\":%s,\"text\":%s}".formatted(quoted(name), quoted(text)));
      notes++;
    }

    private static String quoted(String text) throws IOException {
      return MAPPER.writeValueAsString(text);
    }
  }

  /**
   * Reads it whole.
   *
   * @throws StoreException where it is none, or is damaged, with the mend
   */
  static BackupFile open(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return check(file, in);
    } catch (IOException e) {
      throw new StoreException(
          file + ": cannot be read: " + e + "; check the path and its permissions", e);
    }
  }

  private static BackupFile check(Path file, InputStream in) throws IOException {
    MessageDigest digest = sha256();
    Head head = null;
    long lines = 0;
    long objects = 0;
    long notes = 0;
    for (Optional<String> line = next(file, in); line.isPresent(); line = next(file, in)) {
      lines++;
      if (head == null) {
        head = head(file, line.get());
      } else {
        JsonNode node = tree(file, lines, line.get());
        String expected = node.path("sha256").asText();
        objects += node.has("value") ? 1 : 0;
        notes += node.has("note") ? 1 : 0;
        if (!expected.isEmpty()) {
          long changes = lines - 2 - objects - notes;
          if (node.path("objects").asLong(-1) != objects
              || node.path("changes").asLong(-1) != changes
              || node.path("notes").asLong() != notes) {
            throw damaged(file, "its last line does not count the others");
          }
          String found = HexFormat.of().formatHex(digest.digest());
          if (!found.equals(expected) || in.read() >= 0) {
            throw damaged(file, "its SHA-256 is " + found + " (expected: " + expected + ")");
          }
          return new BackupFile(file, head, new Counts(objects, changes));
        }
      }
      digest.update((line.get() + "\n").getBytes(StandardCharsets.UTF_8));
    }
    throw lines == 0
        ? foreign(file, "it is empty")
        : damaged(
            file, "it ends after line " + lines + " (expected: a last line with its SHA-256)");
  }

  private static Head head(Path file, String line) {
    try {
      JsonNode node = MAPPER.readTree(line);
      String format = node.path("format").asText();
      if (!format.equals(FORMAT)) {
        throw foreign(
            file, "its format is \"" + shown(format) + "\" (expected: \"" + FORMAT + "\")");
      }
      return new Head(
          UUID.fromString(node.path("store").asText()),
          node.path("revision").asLong(),
          Instant.parse(node.path("at").asText()));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      StoreException failure = foreign(file, "its first line is no head");
      failure.addSuppressed(e);
      throw failure;
    }
  }

  /** All of its records, whose content is read as the store would read it. */
  @Override
  public void tell(Sink sink) throws IOException {
    Records records = new Records(file.toString());
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      long lines = 1;
      next(file, in);
      for (Optional<String> line = next(file, in); line.isPresent(); line = next(file, in)) {
        JsonNode node = tree(file, ++lines, line.get());
        String name = node.path("object").asText();
        if (node.has("value")) {
          byte[] record = Records.pack(name, node.path("value").toString());
          if (!Records.name(records.readObject(name, record).key()).equals(name)) {
            throw damaged(file, "line " + lines + " is not of " + shown(name));
          }
          sink.object(name, record);
        } else if (node.has("change")) {
          long revision = node.path("revision").asLong();
          byte[] record = Records.pack(name, node.path("change").toString());
          records.readHistory(revision, record);
          sink.past(revision, node.path("index").asInt(), record);
        } else if (node.has("note")) {
          sink.note(node.path("note").asText(), node.path("text").asText());
        }
      }
    }
  }

  private static JsonNode tree(Path file, long number, String line) {
    try {
      return MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      StoreException failure =
          damaged(file, "line " + number + " is no JSON (" + e.getOriginalMessage() + ")");
      failure.addSuppressed(e);
      throw failure;
    }
  }

  private static Optional<String> next(Path file, InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    int next = in.read();
    if (next < 0) {
      return Optional.empty();
    }
    for (; next >= 0 && next != '\n'; next = in.read()) {
      line.write(next);
      if (line.size() > LONGEST_LINE) {
        throw foreign(file, "it has a line of more than " + LONGEST_LINE + " bytes");
      }
    }
    return Optional.of(line.toString(StandardCharsets.UTF_8));
  }

  private static StoreException foreign(Path file, String why) {
    return new StoreException(
        file + ": not a backup of Heddle: " + why + "; name a file that `heddle backup` wrote");
  }

  private static StoreException damaged(Path file, String why) {
    return new StoreException(
        file + ": damaged: " + why + "; take another file that `heddle backup` wrote");
  }

  private static String shown(String text) {
    return (text.length() > 80 ? text.substring(0, 80) : text).replaceAll("\\p{Cntrl}", "?");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
