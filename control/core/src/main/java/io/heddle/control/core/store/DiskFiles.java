package io.heddle.control.core.store;

import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Files in a directory: 0700 the directory, 0600 the files. */
final class DiskFiles implements StoreFiles {
  private static final String LOCK = "lock";

  private final Path directory;
  private final boolean posix;

  private DiskFiles(Path directory, boolean posix) {
    this.directory = directory;
    this.posix = posix;
  }

  static DiskFiles in(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    boolean posix = absolute.getFileSystem().supportedFileAttributeViews().contains("posix");
    Files.createDirectories(absolute, attributes(posix, "rwx------"));
    return new DiskFiles(absolute, posix);
  }

  /** A folder that is not made, and whose mode is left alone. */
  static DiskFiles existing(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    return new DiskFiles(
        absolute, absolute.getFileSystem().supportedFileAttributeViews().contains("posix"));
  }

  private static FileAttribute<?>[] attributes(boolean posix, String permissions) {
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  @Override
  public String describe(String name) {
    return directory.resolve(name).toString();
  }

  @Override
  public boolean exists(String name) {
    return Files.exists(directory.resolve(name));
  }

  @Override
  public List<String> names() throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found.map(path -> String.valueOf(path.getFileName())).toList();
    }
  }

  @Override
  public FileChannel open(String name) throws IOException {
    return FileChannel.open(
        directory.resolve(name),
        Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
        attributes(posix, "rw-------"));
  }

  @Override
  public FileChannel read(String name) throws IOException {
    return FileChannel.open(directory.resolve(name), StandardOpenOption.READ);
  }

  @Override
  public String mvStoreName(String name) {
    return "file:" + directory.resolve(name);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
  }

  @Override
  public void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Hold hold() throws IOException {
    FileChannel channel = open(LOCK);
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String holder = holder(channel);
        throw new StoreException(
            describe(LOCK)
                + ": the store is open in another process"
                + holder
                + "; stop that control plane, or give this one a directory of its own");
      }
      channel.truncate(0);
      ByteBuffer pid =
          ByteBuffer.wrap(
              String.valueOf(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII));
      while (pid.hasRemaining()) {
        channel.write(pid);
      }
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return () -> {
      try {
        channel.close(); // and so the lock is let go
      } catch (IOException e) {
        throw new UncheckedIOException(describe(LOCK) + ": cannot be closed", e);
      }
    };
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null; // another store of this very process has it: refused like any other holder
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(20);
    channel.read(pid, 0);
    String text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII);
    return text.isEmpty() || !text.chars().allMatch(Character::isDigit) ? "" : " (" + text + ")";
  }
}
