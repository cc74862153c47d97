package io.heddle.control.core.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The file that a restarted control plane knows its instances from: a line with format and
 * checksum, then JSON. Written to a second file, synced and renamed, so that it is always whole.
 * Used by one thread at a time.
 */
final class Checkpoint {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String FORMAT = "heddle-instances/1 ";
  private static final long MOST_BYTES = 256L << 20;

  private final Path file;

  Checkpoint(Path file) {
    this.file = file.toAbsolutePath();
  }

  /** What the file holds; nothing when there is none. */
  List<RegisteredInstance> read() {
    try {
      if (!Files.exists(file)) {
        return List.of();
      }
      if (Files.size(file) > MOST_BYTES) {
        throw damaged("it is larger than 256 MiB");
      }
      String text = Files.readString(file, StandardCharsets.UTF_8);
      int end = text.indexOf('\n');
      if (end < 0 || !text.startsWith(FORMAT)) {
        throw damaged("its first line is not \"" + FORMAT + "…\"");
      }
      String body = text.substring(end + 1);
      if (!text.substring(FORMAT.length(), end).equals(checksum(body))) {
        throw damaged("its checksum does not match");
      }
      List<RegisteredInstance> instances = new ArrayList<>();
      for (JsonNode node : MAPPER.readTree(body).path("instances")) {
        instances.add(parse(node));
      }
      return instances;
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  private IllegalStateException damaged(String why) {
    return new IllegalStateException(
        file
            + ": cannot be read: "
            + why
            + "; remove it to start without knowing any instance: traffic stops until they announce"
            + " themselves");
  }

  void write(List<RegisteredInstance> instances, Instant now) throws IOException {
    String body = json(instances, now);
    byte[] bytes = (FORMAT + checksum(body) + "\n" + body).getBytes(StandardCharsets.UTF_8);
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(draft);
    try (FileChannel channel =
        FileChannel.open(
            draft, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), ownerOnly())) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path directory = file.getParent();
    if (directory != null) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private FileAttribute<?>[] ownerOnly() {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static String json(List<RegisteredInstance> instances, Instant now)
      throws JsonProcessingException {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("at", now.toString());
    ArrayNode list = root.putArray("instances");
    for (RegisteredInstance instance : instances) {
      ObjectNode node = list.addObject();
      node.put("namespace", instance.namespace());
      node.put("service", instance.service());
      node.put("instance", instance.instance());
      node.put("address", instance.address());
      node.put("port", instance.port());
      node.put("appPort", instance.appPort());
      node.put("protocol", instance.protocol());
      node.put("weight", instance.weight());
      node.put("locality", instance.locality().toString());
      node.put("proxyId", instance.proxyId());
      node.put("health", instance.health().name());
      node.put("since", instance.since().toString());
      ObjectNode labels = node.putObject("labels");
      instance.labels().forEach(labels::put);
    }
    return MAPPER.writeValueAsString(root);
  }

  private static RegisteredInstance parse(JsonNode node) {
    Map<String, String> labels = new TreeMap<>();
    node.path("labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    Health health = Health.valueOf(node.path("health").asText());
    Announcement announcement =
        new Announcement(
            new InstanceKey(
                node.path("namespace").asText(),
                node.path("service").asText(),
                node.path("instance").asText()),
            node.path("address").asText(),
            node.path("port").asInt(),
            node.path("appPort").asInt(),
            node.path("protocol").asText(),
            labels,
            Locality.parse(node.path("locality").asText()),
            node.path("weight").asInt(),
            health,
            node.path("proxyId").asText());
    return new RegisteredInstance(
        announcement, health, Presence.GRACE, Instant.parse(node.path("since").asText()));
  }

  private static String checksum(String body) {
    CRC32C crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
