package io.heddle.control.core.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers over a restart which states of objects proxies refused, so that a control plane that
 * comes back shows each proxy at once what it runs, and need not search again at the cost of routes
 * that are good.
 *
 * <p>The file is knowledge, not truth: where it is missing, damaged or cannot be written, culprits
 * are found anew. Owned by the publisher's thread.
 */
final class CulpritFile {
  private static final Logger LOG = LoggerFactory.getLogger(CulpritFile.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final long MOST_BYTES = 64L << 20;

  private final Path file;
  private List<Entry> written = List.of();

  CulpritFile(Path file) {
    this.file = file.toAbsolutePath();
  }

  /**
   * A state that is kept from a proxy.
   *
   * @param instead the generation of the same object that stands in for it; zero: nothing does
   */
  record Entry(
      String nodeId,
      String table,
      ObjectKey object,
      long generation,
      String message,
      long instead) {}

  List<Entry> read() {
    List<Entry> found = new ArrayList<>();
    try {
      if (Files.exists(file)) {
        if (Files.size(file) > MOST_BYTES) {
          throw new IOException("larger than " + MOST_BYTES + " bytes");
        }
        for (JsonNode node : MAPPER.readTree(file.toFile()).path("culprits")) {
          found.add(parse(node));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("{}: cannot be read; what proxies refuse is found out anew", file, e);
      found.clear();
    }
    written = List.copyOf(found);
    return written;
  }

  /** Replaces the file when it holds something else. */
  void write(List<Entry> now) {
    if (now.equals(written)) {
      return;
    }
    try {
      replace(MAPPER.writeValueAsString(json(now)).getBytes(StandardCharsets.UTF_8));
      written = List.copyOf(now);
    } catch (IOException e) {
      LOG.warn("{}: cannot be written; a restart would have to find out anew", file, e);
    }
  }

  private void replace(byte[] bytes) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            draft,
            Set.of(
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING))) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static ObjectNode json(List<Entry> entries) {
    ObjectNode root = MAPPER.createObjectNode();
    ArrayNode list = root.putArray("culprits");
    for (Entry entry : entries) {
      list.addObject()
          .put("node", entry.nodeId())
          .put("table", entry.table())
          .put("kind", entry.object().kind().name())
          .put("namespace", entry.object().namespace())
          .put("name", entry.object().name())
          .put("generation", entry.generation())
          .put("message", entry.message())
          .put("instead", entry.instead());
    }
    return root;
  }

  private static Entry parse(JsonNode node) {
    return new Entry(
        node.path("node").asText(),
        node.path("table").asText(),
        new ObjectKey(
            Kind.valueOf(node.path("kind").asText()),
            node.path("namespace").asText(),
            node.path("name").asText()),
        node.path("generation").asLong(),
        node.path("message").asText(),
        node.path("instead").asLong());
  }
}
