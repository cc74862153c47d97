package io.heddle.proxy.app.upgrade;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Where the unix socket of a proxy lies: in a folder that only its user may enter.
 *
 * @param path what another process connects to
 */
public record UpgradeSocket(Path path) {
  /** What the kernel takes, less what is appended while a socket is being made. */
  private static final int LONGEST = 90;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /**
   * The socket of this name in this folder, which is made if need be.
   *
   * @throws UpgradeException where others could enter the folder, or the path is too long
   */
  public static UpgradeSocket in(Path folder, String name) throws UpgradeException {
    Path path = folder.toAbsolutePath().resolve(name);
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > LONGEST) {
      throw new UpgradeException(
          path + ": found a path of " + length + " bytes, expected " + LONGEST + " at most");
    }
    try {
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      try {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      } catch (FileAlreadyExistsException _) {
        // Ours from an earlier run, or somebody else's: looked at below.
      }
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        throw new UpgradeException(folder + ": found something else, expected a folder");
      }
      int owner = (int) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (owner != uid()) {
        throw new UpgradeException(folder + ": found owner " + owner + ", expected " + uid());
      }
      Set<PosixFilePermission> found =
          Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
      if (!OWNER_ONLY.containsAll(found)) {
        throw new UpgradeException(
            folder
                + ": found permissions "
                + PosixFilePermissions.toString(found)
                + ", expected "
                + PosixFilePermissions.toString(OWNER_ONLY));
      }
    } catch (IOException e) {
      throw new UpgradeException(folder + ": " + e, e);
    }
    return new UpgradeSocket(path);
  }

  /** The folder where nothing else is said: the user's run-time folder, or one in {@code /tmp}. */
  public static Path defaultFolder() throws UpgradeException {
    String run = System.getenv("XDG_RUNTIME_DIR");
    if (run != null && !run.isEmpty() && Files.isWritable(Path.of(run))) {
      return Path.of(run, "heddle");
    }
    try {
      return Path.of(System.getProperty("java.io.tmpdir", "/tmp"), "heddle-" + uid());
    } catch (IOException e) {
      throw new UpgradeException("cannot tell who runs this: " + e, e);
    }
  }

  /** Our user's number. */
  static int uid() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /** A name beside it, under which a new socket is bound before it takes its place. */
  Path draft() {
    return path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
  }
}
