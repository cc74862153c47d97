package io.heddle.proxy.app.sidecar;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder in which a sidecar keeps who it is, so that it comes back as the same instance on the
 * same ports. One process at a time holds it.
 */
public final class StateFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateFolder.class);
  private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
  private static final int SUFFIX = 6;

  private final Path folder;
  private final FileChannel lockFile;
  private final Properties kept = new Properties();

  /** Whether another process holds the folder, which this one replaces. */
  private final boolean beside;

  private StateFolder(Path folder, FileChannel lockFile, boolean beside) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.beside = beside;
  }

  /**
   * Opens the folder, made if need be, and holds it until it is closed or the process ends.
   *
   * @throws IOException where it cannot be used, or another process holds it
   */
  public static StateFolder open(Path folder) throws IOException {
    return open(folder, false);
  }

  /**
   * The same for a process that may replace another one: where that holds the folder, this one uses
   * it too, and holds it as soon as the other is gone.
   *
   * @throws IOException where it cannot be used
   */
  public static StateFolder openToReplace(Path folder) throws IOException {
    return open(folder, true);
  }

  private static StateFolder open(Path folder, boolean replaces) throws IOException {
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    FileChannel channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null && !replaces) {
        throw new IOException("another process uses it");
      }
      StateFolder state = new StateFolder(folder, channel, lock == null);
      state.read();
      if (lock == null) {
        state.holdWhenFree();
      }
      return state;
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException("another sidecar of this process uses it", e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private void holdWhenFree() {
    Thread thread =
        new Thread(
            () -> {
              try {
                var _ = lockFile.lock();
              } catch (IOException e) {
                LOG.debug("The lock was not waited for to its end", e);
              }
            },
            "heddle-state-lock");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether another process holds the folder as this one began. */
  public boolean beside() {
    return beside;
  }

  public Path folder() {
    return folder;
  }

  /** The instance's identity: the one given, the one kept, or a new one. */
  public String instance(SidecarOptions options, RandomGenerator random) throws IOException {
    String instance = options.instance();
    if (instance.isEmpty()) {
      instance = kept.getProperty("instance", "");
    }
    if (instance.isEmpty()) {
      StringBuilder made = new StringBuilder(options.service()).append('-');
      for (int i = 0; i < SUFFIX; i++) {
        made.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
      }
      instance = made.toString();
    }
    keep("instance", instance);
    return instance;
  }

  /** The ports: those given, and for each zero the one kept, or a free one. */
  public SidecarPorts ports(SidecarOptions options) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      int inbound = port("inbound", options.inboundPort(), options.address(), held);
      int outbound = port("outbound", options.outboundPort(), "127.0.0.1", held);
      int admin = port("admin", options.adminPort(), "127.0.0.1", held);
      return new SidecarPorts(inbound, outbound, admin);
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  /** Writes a file whole or not at all. */
  public void write(String name, String content) throws IOException {
    Path beside = folder.resolve(name + ".tmp");
    Files.writeString(beside, content);
    Files.move(
        beside,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes a file of an earlier run. */
  public void delete(String name) throws IOException {
    Files.deleteIfExists(folder.resolve(name));
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      LOG.debug("Closing the lock", e);
    }
  }

  private int port(String name, int wanted, String address, List<ServerSocket> held)
      throws IOException {
    if (wanted != 0) {
      return wanted;
    }
    int before = keptPort(name);
    if (before != 0 && beside) {
      // The process that has it will hand it over.
      return before;
    }
    if (before != 0) {
      try {
        held.add(bind(address, before));
        return before;
      } catch (IOException e) {
        LOG.warn("The {} port {} of the last run is taken, another is used", name, before);
      }
    }
    ServerSocket socket = bind(address, 0);
    held.add(socket);
    keep(name, Integer.toString(socket.getLocalPort()));
    return socket.getLocalPort();
  }

  private int keptPort(String name) {
    try {
      int port = Integer.parseInt(kept.getProperty(name, "0"));
      return port > 0 && port <= 65_535 ? port : 0;
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private static ServerSocket bind(String address, int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw new IOException("cannot bind " + address + ":" + port + ": " + e.getMessage(), e);
    }
  }

  private void read() throws IOException {
    Path file = folder.resolve("sidecar.properties");
    if (Files.exists(file)) {
      try {
        kept.load(new StringReader(Files.readString(file)));
      } catch (IllegalArgumentException e) {
        LOG.warn("{} is damaged and not used: {}", file, e.getMessage());
        kept.clear();
      }
    }
  }

  private void keep(String key, String value) throws IOException {
    if (value.equals(kept.getProperty(key))) {
      return;
    }
    kept.setProperty(key, value);
    StringWriter text = new StringWriter();
    kept.store(text, null);
    write("sidecar.properties", text.toString());
  }
}
