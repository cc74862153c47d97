package io.heddle.control.core.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.registry.RegisteredInstance;
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
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The file that a restarted control plane knows its instances from: a line with format and
 * checksum, then JSON. Written to a second file, synced and renamed, so that it is always whole.
 * Used by one thread at a time.
 */
final class Checkpoint implements InstanceLog {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String FORMAT = "heddle-instances/1 ";
  private static final long MOST_BYTES = 256L << 20;

  private final Path file;

  Checkpoint(Path file) {
    this.file = file.toAbsolutePath();
  }

  @Override
  public List<Known> read() {
    return instances().stream().map(instance -> new Known(instance, "")).toList();
  }

  @Override
  public void follow(RemoteHolders others) {
    // Nobody else writes the file.
  }

  @Override
  public void write(List<RegisteredInstance> all, List<Changed> changed, Instant at)
      throws IOException {
    write(all, at);
  }

  @Override
  public boolean prompt() {
    return false;
  }

  @Override
  public String describe() {
    return file.toString();
  }

  @Override
  public void close() {
    // It is closed after each writing.
  }

  /** What the file holds; nothing when there is none. */
  private List<RegisteredInstance> instances() {
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
        instances.add(InstanceJson.parse(node));
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

  private void write(List<RegisteredInstance> instances, Instant now) throws IOException {
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
      InstanceJson.write(instance, list.addObject());
    }
    return MAPPER.writeValueAsString(root);
  }

  private static String checksum(String body) {
    CRC32C crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
