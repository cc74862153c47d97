package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.DataRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks once a second whether files have changed, by what they are after all links and not by
 * events: those of a directory that is swapped by a link, as Kubernetes does it, are easily missed.
 * Nothing runs while nothing is watched. Guarded by itself.
 */
public final class FileWatch {
  private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

  private final ScheduledExecutorService scheduler;
  private final long everyMillis;
  private final List<Watched> all = new ArrayList<>();
  private boolean scheduled;

  private static final class Watched {
    final List<Path> paths;
    final Runnable changed;
    Map<Path, Object> seen;

    Watched(List<Path> paths, Runnable changed) {
      this.paths = paths;
      this.changed = changed;
      this.seen = look(paths);
    }
  }

  /** A file's state, as far as it can be told without reading it. */
  private record State(Path real, Object key, long modified, long size) {}

  /** Looks on this thread. */
  public FileWatch(ScheduledExecutorService scheduler, long everyMillis) {
    this.scheduler = scheduler;
    this.everyMillis = everyMillis;
  }

  /** The files among these. */
  static List<Path> paths(List<DataRef> data, String directory) {
    List<Path> paths = new ArrayList<>();
    try {
      for (DataRef ref : data) {
        if (ref instanceof DataRef.File file) {
          paths.add(Path.of(file.path()));
        }
      }
      if (!paths.isEmpty() && !directory.isEmpty()) {
        // A link that is swapped within it changes what the files are, too.
        paths.add(Path.of(directory));
      }
    } catch (InvalidPathException _) {
      return List.of();
    }
    return paths;
  }

  /** Calls back, on the watch's thread, after a change of any of these, until closed. */
  synchronized Runnable watch(List<Path> paths, Runnable changed) {
    if (paths.isEmpty()) {
      return () -> {};
    }
    Watched watched = new Watched(List.copyOf(paths), changed);
    all.add(watched);
    if (!scheduled) {
      scheduled = true;
      schedule();
    }
    return () -> {
      synchronized (this) {
        all.remove(watched);
      }
    };
  }

  private void schedule() {
    if (!scheduler.isShutdown()) {
      var _ = scheduler.schedule(this::turn, everyMillis, TimeUnit.MILLISECONDS);
    }
  }

  private void turn() {
    List<Watched> now;
    synchronized (this) {
      if (all.isEmpty()) {
        scheduled = false;
        return;
      }
      now = List.copyOf(all);
    }
    try {
      for (Watched watched : now) {
        Map<Path, Object> state = look(watched.paths);
        if (!state.equals(watched.seen)) {
          watched.seen = state;
          watched.changed.run();
        }
      }
    } catch (RuntimeException bug) {
      LOG.error("Watching files failed", bug);
    } finally {
      schedule();
    }
  }

  private static Map<Path, Object> look(List<Path> paths) {
    Map<Path, Object> states = new HashMap<>();
    for (Path path : paths) {
      try {
        Path real = path.toRealPath();
        BasicFileAttributes attributes =
            Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        states.put(
            path,
            new State(
                real,
                String.valueOf(attributes.fileKey()),
                attributes.lastModifiedTime().toMillis(),
                attributes.size()));
      } catch (IOException _) {
        states.put(path, "missing");
      }
    }
    return states;
  }
}
