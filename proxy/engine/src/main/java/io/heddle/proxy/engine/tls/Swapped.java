package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.SecretRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is made of files and secrets, and made anew when one of them changes: what cannot be used is
 * told of and leaves the former in use. Safe on every thread.
 *
 * @param <C> what is made; counted, and released when another takes its place
 */
final class Swapped<C> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Swapped.class);

  private final String owner;
  private final FileWatch files;
  private final TlsStats stats;
  private final Loader<C> loader;
  private final Consumer<C> release;
  private final Runnable made;
  private final Runnable unwatchSecrets;
  private Runnable unwatchFiles = () -> {}; // Guarded by this.
  private boolean closed; // Guarded by this.
  private volatile @Nullable C current;

  /** Makes it. */
  interface Loader<C> {
    /**
     * Makes it of what is there now; null where a secret is missing.
     *
     * @param watched gets the files that were read, or would have been
     */
    @Nullable C load(List<Path> watched) throws BadMaterialException;
  }

  /**
   * Watches the secrets; nothing is made before {@link #begin}.
   *
   * @param owner for the log
   * @param made told each time that one was made, outside of every lock
   */
  Swapped(
      String owner,
      List<SecretRef> refs,
      Secrets secrets,
      FileWatch files,
      TlsStats stats,
      Loader<C> loader,
      Consumer<C> release,
      Runnable made) {
    this.owner = owner;
    this.files = files;
    this.stats = stats;
    this.loader = loader;
    this.release = release;
    this.made = made;
    this.unwatchSecrets =
        secrets.watch(refs.stream().map(SecretRef::key).toList(), () -> reload(true));
  }

  /** Makes the first, if all is there. */
  void begin() {
    reload(false);
  }

  /** What is in use; null where a secret is missing, or after the end. */
  @Nullable C current() {
    return current;
  }

  private void reload(boolean changed) {
    if (swap(changed)) {
      made.run();
    }
  }

  private synchronized boolean swap(boolean changed) {
    if (closed) {
      return false;
    }
    List<Path> watched = new ArrayList<>();
    boolean fresh = false;
    try {
      C next = loader.load(watched);
      if (next != null) {
        C before = current;
        current = next;
        fresh = true;
        if (before != null) {
          release.accept(before);
        }
        if (changed) {
          stats.contextUpdates.increment();
          LOG.info("{} has new certificates", owner);
        }
      }
    } catch (BadMaterialException bad) {
      LOG.warn(
          "{} keeps its certificates, as new ones cannot be used: {}", owner, bad.getMessage());
    }
    unwatchFiles.run();
    unwatchFiles = files.watch(watched, () -> reload(true));
    return fresh;
  }

  /** Lets go of what is in use; those that hold it go on. */
  @Override
  public synchronized void close() {
    closed = true;
    unwatchSecrets.run();
    unwatchFiles.run();
    C last = current;
    if (last != null) {
      current = null;
      release.accept(last);
    }
  }
}
