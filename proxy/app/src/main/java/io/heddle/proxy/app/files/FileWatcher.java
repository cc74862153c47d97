package io.heddle.proxy.app.files;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when an entry of a folder is created, moved into place or written.
 *
 * <p>Folders are watched and not files, since an atomic rename, or the swap of a symbolic link,
 * puts another file under the same name. Events that come together are told once, a moment after
 * the last. Methods may be called from any thread.
 */
public final class FileWatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileWatcher.class);
  private static final long QUIET_MILLIS = 20;
  private static final int LONGEST_BURST = 50;

  private final WatchService service;

  /** Guarded by this. */
  private final Map<WatchKey, List<Watch>> watches = new HashMap<>();

  private record Watch(String entry, Runnable task) {
    boolean concerns(String changed) {
      return entry.isEmpty() || entry.equals(changed);
    }
  }

  private FileWatcher(WatchService service) {
    this.service = service;
  }

  /**
   * Begins with nothing to watch.
   *
   * @throws IOException where the system has no watch left
   */
  public static FileWatcher start() throws IOException {
    FileWatcher watcher = new FileWatcher(FileSystems.getDefault().newWatchService());
    Thread.ofPlatform().daemon().name("heddle-files").start(watcher::run);
    return watcher;
  }

  /**
   * Runs the task, on the watcher's thread, after this entry of its folder has changed.
   *
   * @return what ends the watch
   * @throws IOException where the folder is not there
   */
  public AutoCloseable watchFile(Path file, Runnable task) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new IOException(file + ": has no folder that could be watched");
    }
    return watch(folder, String.valueOf(absolute.getFileName()), task);
  }

  /**
   * The same for any entry of a folder.
   *
   * @throws IOException where the folder is not there
   */
  public AutoCloseable watchFolder(Path folder, Runnable task) throws IOException {
    return watch(folder, "", task);
  }

  private synchronized AutoCloseable watch(Path folder, String entry, Runnable task)
      throws IOException {
    WatchKey key =
        folder.register(
            service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
    Watch watch = new Watch(entry, task);
    watches.computeIfAbsent(key, _ -> new ArrayList<>()).add(watch);
    return () -> end(key, watch);
  }

  private synchronized void end(WatchKey key, Watch watch) {
    List<Watch> all = watches.get(key);
    if (all != null && all.remove(watch) && all.isEmpty()) {
      watches.remove(key);
      key.cancel();
    }
  }

  private void run() {
    try {
      while (true) {
        Set<Watch> due = new LinkedHashSet<>();
        collect(service.take(), due);
        for (int i = 0; i < LONGEST_BURST; i++) {
          WatchKey more = service.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
          if (more == null) {
            break;
          }
          collect(more, due);
        }
        due.forEach(FileWatcher::tell);
      }
    } catch (ClosedWatchServiceException _) {
      // The end.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void collect(WatchKey key, Set<Watch> due) {
    List<Watch> all = watches.getOrDefault(key, List.of());
    for (WatchEvent<?> event : key.pollEvents()) {
      String changed = event.context() instanceof Path path ? path.toString() : "";
      for (Watch watch : all) {
        if (changed.isEmpty() || watch.concerns(changed)) {
          due.add(watch);
        }
      }
    }
    if (!key.reset()) {
      LOG.warn("A watched folder is gone: {}", key.watchable());
    }
  }

  private static void tell(Watch watch) {
    try {
      watch.task.run();
    } catch (RuntimeException e) {
      LOG.error("A changed file could not be taken over", e);
    }
  }

  @Override
  public void close() {
    try {
      service.close();
    } catch (IOException e) {
      LOG.debug("Closing the watch service", e);
    }
  }
}
