package io.heddle.xds.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The file that holds the last good configuration of one node, readable by its owner only.
 *
 * <p>It is replaced whole: written beside, synced, renamed, and the directory synced, so that a
 * crash at any point leaves the old file or the new one. A file that is damaged, of another format
 * or of another node is refused whole. It never holds private keys, since no resource type of ours
 * carries one. Stateless; one writer at a time.
 */
public final class LastGoodStore {
  private static final long MAX_FILE_BYTES = 512L << 20;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path file;
  private final String nodeId;

  private LastGoodStore(Path file, String nodeId) {
    this.file = file;
    this.nodeId = nodeId;
  }

  /** The store of a node in this file; neither needs to exist yet. */
  public static LastGoodStore at(Path file, String nodeId) {
    return new LastGoodStore(file.toAbsolutePath(), nodeId);
  }

  /** What came of reading the file. */
  public sealed interface Loaded {
    /** There is no file: the first start. */
    enum Absent implements Loaded {
      ABSENT
    }

    record Found(LastGood lastGood) implements Loaded {}

    /** There is a file and none of it may be used. */
    record Refused(String reason) implements Loaded {}
  }

  public Path file() {
    return file;
  }

  /** Reads the file, whole or not at all. */
  public Loaded load() {
    return load(file, Optional.of(nodeId));
  }

  /** What such a file holds, whichever node it is of: to look at, not to serve. */
  public static Loaded peek(Path file) {
    return load(file, Optional.empty());
  }

  private static Loaded load(Path file, Optional<String> nodeId) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Loaded.Absent.ABSENT;
    }
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return new Loaded.Refused("not a regular file");
      }
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.contains(PosixFilePermission.GROUP_WRITE)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        String found = PosixFilePermissions.toString(permissions);
        return new Loaded.Refused("permissions: found " + found + ", expected rw-------");
      }
      long size = Files.size(file);
      if (size > MAX_FILE_BYTES) {
        return new Loaded.Refused("size: found " + size + ", expected at most " + MAX_FILE_BYTES);
      }
      return new Loaded.Found(LastGoodFormat.decode(Files.readAllBytes(file), nodeId));
    } catch (IOException e) {
      return new Loaded.Refused(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  /** Replaces the file; afterwards it is on the disk. */
  public void save(LastGood lastGood) throws IOException {
    byte[] bytes = LastGoodFormat.encode(nodeId, lastGood);
    Path folder = file.getParent();
    if (folder == null) {
      throw new IOException("state file: found " + file + ", expected a file in a folder");
    }
    Files.createDirectories(folder, OWNER_ONLY_FOLDER);
    Path beside = Path.of(file + ".tmp");
    Files.deleteIfExists(beside);
    try (FileChannel channel =
        FileChannel.open(
            beside, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
