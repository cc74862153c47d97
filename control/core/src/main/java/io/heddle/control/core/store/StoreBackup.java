package io.heddle.control.core.store;

import io.heddle.control.api.store.StoreException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.h2.mvstore.MVStoreException;

/**
 * Backs up, restores and compacts the store in a folder, from a process of its own.
 *
 * <p>A backup may be made while a control plane runs on that store, and does not stop it: the
 * object file only grows, so that what the mark promises is copied as it lies there, opened, and
 * every record of it checked. Whoever may read the folder may make one; nothing is asked of the
 * control plane. Restoring and compacting need the store for themselves.
 */
public final class StoreBackup {
  private static final int ATTEMPTS = 5;

  private StoreBackup() {}

  /** What was backed up or restored: the state, and how many objects and past changes it has. */
  public record Summary(long revision, Instant at, long objects, long changes) {}

  /** How large the object file was and is, in bytes. */
  public record Compaction(long before, long after) {}

  /**
   * Writes what a store holds durably to a new file, for its owner only.
   *
   * @throws StoreException naming the file and the mend
   */
  public static Summary backup(Path store, Path file, InstantSource clock) {
    if (!Files.isDirectory(store)) {
      throw new StoreException(
          store + ": no such folder; name the one of the control plane with --state");
    }
    try {
      return backup(DiskFiles.existing(store), file, clock);
    } catch (IOException | MVStoreException e) {
      throw new StoreException(store + ": cannot be backed up: " + e.getMessage(), e);
    }
  }

  static Summary backup(StoreFiles store, Path file, InstantSource clock) throws IOException {
    Path target = file.toAbsolutePath();
    Path folder = Optional.ofNullable(target.getParent()).orElse(target);
    if (Files.exists(target)) {
      throw new StoreException(file + ": exists; name another file, or remove it");
    }
    Path copy;
    try {
      copy = Files.createTempDirectory(folder, ".heddle-backup-");
    } catch (IOException e) {
      throw new StoreException(
          folder + ": cannot be written: " + e + "; name a file in a folder that can", e);
    }
    try {
      DiskFiles there = DiskFiles.in(copy);
      try (ObjectFile objects = copied(store, there)) {
        objects.load();
        AcknowledgedMark.Point point = objects.point();
        BackupFile.Head head =
            new BackupFile.Head(point.store(), point.revision(), clock.instant());
        Path draft = copy.resolve("backup");
        BackupFile.Counts counts = write(draft, head, objects);
        BackupFile.open(draft);
        Files.move(draft, target); // refuses what came into being meanwhile
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
          directory.force(true);
        }
        return new Summary(head.revision(), head.at(), counts.objects(), counts.changes());
      } catch (FileAlreadyExistsException e) {
        throw new StoreException(file + ": exists; name another file, or remove it", e);
      }
    } finally {
      discard(copy);
    }
  }

  private static BackupFile.Counts write(Path draft, BackupFile.Head head, ObjectFile objects)
      throws IOException {
    FileAttribute<?>[] mode =
        draft.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try (FileChannel channel =
        FileChannel.open(
            draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      BackupFile.Counts counts = BackupFile.write(out, head, objects::tell);
      out.flush();
      channel.force(true);
      return counts;
    }
  }

  /**
   * What is promised, in other files. Whoever writes meanwhile may put the next object file into
   * the place of this one: then it is tried again.
   */
  private static ObjectFile copied(StoreFiles from, DiskFiles to) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return copyOnce(from, to);
      } catch (IOException | StoreException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static ObjectFile copyOnce(StoreFiles from, DiskFiles to) throws IOException {
    AcknowledgedMark.Point promised =
        AcknowledgedMark.read(from)
            .orElseThrow(() ->
                new StoreException(
                    from.describe(AcknowledgedMark.NAME)
                        + ": missing or damaged, so that there is no store to back up; name the"
                        + " folder of a control plane that has run with --state, or restore that"
                        + " one with `heddle restore`"));
    String name = ObjectFile.name(promised.generation());
    if (!from.exists(name)) {
      throw new NoSuchFileException(from.describe(name));
    }
    to.delete(name);
    try (FileChannel source = from.read(name);
        FileChannel target = to.open(name)) {
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      for (long at = 0; at < promised.length(); ) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), promised.length() - at));
        int read = source.read(buffer, at);
        if (read < 0) {
          throw new StoreException(
              "%s: holds %d bytes, but %d were acknowledged; restore the store from a backup with `heddle restore`"
                  .formatted(from.describe(name), at, promised.length()));
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
          at += target.write(buffer, at);
        }
      }
    }
    ObjectFile copy = ObjectFile.open(to, promised.generation());
    if (copy.point().revision() != promised.revision()
        || !copy.point().store().equals(promised.store())) {
      copy.abandon();
      throw new StoreException(
          "%s: holds revision %d, but %d was acknowledged; restore the store from a backup with `heddle restore`"
              .formatted(from.describe(name), copy.point().revision(), promised.revision()));
    }
    return copy;
  }

  private static void discard(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path each : files.toList()) {
        Files.delete(each);
      }
    }
    Files.delete(folder);
  }

  /**
   * Makes a store hold what a backup does.
   *
   * @param force also where the store holds writes, or is damaged: what it held is gone, the files
   *     of a damaged one are kept beside it
   * @throws StoreException naming the file and the mend; then the store is as it was
   */
  public static Summary restore(Path store, Path file, boolean force) {
    BackupFile backup = BackupFile.open(file);
    try {
      return restore(DiskFiles.in(store), backup, force);
    } catch (IOException | MVStoreException e) {
      throw new StoreException(store + ": cannot be restored: " + e.getMessage(), e);
    }
  }

  static Summary restore(StoreFiles files, BackupFile backup, boolean force) throws IOException {
    try (StoreFiles.Hold _ = files.hold()) {
      try (DurableObjects durable = opened(files, force)) {
        if (durable.revision() > 0 && !force) {
          throw new StoreException(
              files.describe(AcknowledgedMark.NAME)
                  + ": the store holds writes up to revision "
                  + durable.revision()
                  + "; make a backup of it, then repeat the command with --force");
        }
        durable.replace(backup.head().store(), backup.head().revision(), backup);
        BackupFile.Counts counts = backup.counts();
        return new Summary(
            durable.revision(), backup.head().at(), counts.objects(), counts.changes());
      }
    }
  }

  private static DurableObjects opened(StoreFiles files, boolean force) throws IOException {
    EmbeddedStoreConfig config = EmbeddedStoreConfig.of(Path.of("."));
    try {
      DurableObjects durable = DurableObjects.open(files, config, UUID.randomUUID());
      try {
        durable.load();
        return durable;
      } catch (RuntimeException e) {
        durable.abandon();
        throw e;
      }
    } catch (StoreException | MVStoreException | IOException e) {
      if (!force) {
        throw new StoreException(
            e.getMessage()
                + "; `heddle restore --force` puts the backup in its place and keeps its files"
                + " under other names",
            e);
      }
      setAside(files);
      return DurableObjects.open(files, config, UUID.randomUUID());
    }
  }

  /** The mark first: an object file without a mark is never taken for a whole store. */
  private static void setAside(StoreFiles files) throws IOException {
    List<String> all = files.names();
    int number = 1;
    for (String prefix = aside(number, ""); taken(all, prefix); prefix = aside(number, "")) {
      number++;
    }
    if (all.contains(AcknowledgedMark.NAME)) {
      files.rename(AcknowledgedMark.NAME, aside(number, AcknowledgedMark.NAME));
    }
    for (String name : all) {
      if (name.startsWith(ObjectFile.PREFIX)) {
        files.rename(name, aside(number, name));
      }
    }
    files.syncDirectory();
  }

  private static boolean taken(List<String> names, String prefix) {
    return names.stream().anyMatch(name -> name.startsWith(prefix));
  }

  private static String aside(int number, String name) {
    return "damaged-" + number + "-" + name;
  }

  /**
   * Writes the object file anew, without what is dead in it. A running control plane does so by
   * itself when most of its file is dead.
   *
   * @throws StoreException naming the file and the mend; then the store is as it was
   */
  public static Compaction compact(Path store) {
    if (!Files.isDirectory(store)) {
      throw new StoreException(
          store + ": no such folder; name the one of the control plane with --state");
    }
    try {
      return compact(DiskFiles.existing(store));
    } catch (IOException | MVStoreException e) {
      throw new StoreException(store + ": cannot be compacted: " + e.getMessage(), e);
    }
  }

  static Compaction compact(StoreFiles files) throws IOException {
    try (StoreFiles.Hold _ = files.hold();
        DurableObjects durable =
            DurableObjects.open(files, EmbeddedStoreConfig.of(Path.of(".")), UUID.randomUUID())) {
      durable.load();
      return durable.compact();
    }
  }
}
