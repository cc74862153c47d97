package io.heddle.proxy.engine.listener;

import io.heddle.xds.model.SocketEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** The file of a unix socket; an abstract name has none. Stateless. */
final class PipeFile {
  private static final PosixFilePermission[] BITS = {
    PosixFilePermission.OTHERS_EXECUTE,
    PosixFilePermission.OTHERS_WRITE,
    PosixFilePermission.OTHERS_READ,
    PosixFilePermission.GROUP_EXECUTE,
    PosixFilePermission.GROUP_WRITE,
    PosixFilePermission.GROUP_READ,
    PosixFilePermission.OWNER_EXECUTE,
    PosixFilePermission.OWNER_WRITE,
    PosixFilePermission.OWNER_READ
  };

  private PipeFile() {}

  /** Removes the socket of a process before; anything else that is there stays. */
  static void makeWay(SocketEndpoint address) throws IOException {
    if (address.address().startsWith("@")) {
      return;
    }
    Path path = Path.of(address.address());
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isOther()) {
      throw new IOException("a file that is no socket is there");
    }
    Files.delete(path);
  }

  /** Sets the permissions of a socket; {@code mode} 0 leaves what the system gave. */
  static void permit(SocketEndpoint address, int mode) throws IOException {
    if (!address.address().startsWith("/") || mode == 0) {
      return;
    }
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int bit = 0; bit < BITS.length; bit++) {
      if ((mode & 1 << bit) != 0) {
        permissions.add(BITS[bit]);
      }
    }
    Files.setPosixFilePermissions(Path.of(address.address()), permissions);
  }
}
