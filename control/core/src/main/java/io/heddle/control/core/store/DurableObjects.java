package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The object file that counts and the mark that says how much of it counts. Opening refuses
 * everything that is not exactly what was promised last.
 *
 * <p>Owned by the thread that opens the store until the writer thread starts, then by that.
 */
final class DurableObjects implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DurableObjects.class);

  private final StoreFiles files;
  private final EmbeddedStoreConfig config;
  private final AcknowledgedMark mark;
  private ObjectFile file;
  private long rewriteAt;

  private DurableObjects(
      StoreFiles files, EmbeddedStoreConfig config, AcknowledgedMark mark, ObjectFile file) {
    this.files = files;
    this.config = config;
    this.mark = mark;
    this.file = file;
    this.rewriteAt = config.rewriteFromBytes();
  }

  /** Opens what is there, or makes it where neither objects nor a mark were ever made. */
  static DurableObjects open(StoreFiles files, EmbeddedStoreConfig config, UUID idIfNew)
      throws IOException {
    Optional<AcknowledgedMark.Point> promised = AcknowledgedMark.read(files);
    return promised.isPresent()
        ? openPromised(files, config, promised.get())
        : openUnpromised(files, config, idIfNew);
  }

  /** Nothing was promised yet, or the mark is lost: then the files tell. */
  private static DurableObjects openUnpromised(
      StoreFiles files, EmbeddedStoreConfig config, UUID idIfNew) throws IOException {
    String mark = files.describe(AcknowledgedMark.NAME);
    List<String> found = objectFiles(files);
    if (found.isEmpty()) {
      if (files.exists(AcknowledgedMark.NAME)) {
        // The mark is made after the first object file: that file is gone.
        throw new StoreException(
            files.describe(ObjectFile.name(1))
                + ": missing, although there is "
                + mark
                + "; put both files back from the same backup");
      }
      ObjectFile.create(files, idIfNew);
    } else if (!found.equals(List.of(ObjectFile.name(1)))) {
      throw lostMark(files, found.getLast());
    }
    ObjectFile file = ObjectFile.open(files, 1);
    try {
      if (file.point().revision() > 0) {
        throw lostMark(files, ObjectFile.name(1));
      }
      return new DurableObjects(files, config, AcknowledgedMark.create(files, file.point()), file);
    } catch (IOException | RuntimeException e) {
      file.abandon();
      throw e;
    }
  }

  private static StoreException lostMark(StoreFiles files, String found) {
    String mark = files.describe(AcknowledgedMark.NAME);
    return new StoreException(
        "%s: %s, although %s holds writes; put both files back from the same backup"
            .formatted(
                mark,
                files.exists(AcknowledgedMark.NAME) ? "damaged" : "missing",
                files.describe(found)));
  }

  private static DurableObjects openPromised(
      StoreFiles files, EmbeddedStoreConfig config, AcknowledgedMark.Point promised)
      throws IOException {
    String name = ObjectFile.name(promised.generation());
    String path = files.describe(name);
    if (!files.exists(name)) {
      throw new StoreException(
          path
              + ": missing, although revision "
              + promised.revision()
              + " was acknowledged ("
              + files.describe(AcknowledgedMark.NAME)
              + "); put both files back from the same backup");
    }
    try (FileChannel channel = files.open(name)) {
      long length = channel.size();
      if (length < promised.length()) {
        throw lost(files, path, length + " bytes", promised.length() + " bytes", promised);
      }
      if (length > promised.length()) {
        channel.truncate(promised.length());
        channel.force(true);
      }
    }
    ObjectFile file = ObjectFile.open(files, promised.generation());
    try {
      AcknowledgedMark.Point found = file.point();
      if (!found.store().equals(promised.store())) {
        throw new StoreException(
            path
                + ": belongs to another store than "
                + files.describe(AcknowledgedMark.NAME)
                + "; put both files back from the same backup");
      }
      if (found.revision() != promised.revision()) {
        throw lost(
            files,
            path,
            "revision " + found.revision(),
            "revision " + promised.revision(),
            promised);
      }
      // The process that made the mark may have died before the mark's name was synced: it is
      // found in the memory of the system, and must be on the disk before anything more is
      // promised.
      files.syncDirectory();
      for (String other : objectFiles(files)) {
        if (!other.equals(name)) {
          files.delete(other); // before or after a rewriting that was cut off
        }
      }
      return new DurableObjects(files, config, AcknowledgedMark.open(files), file);
    } catch (IOException | RuntimeException e) {
      file.abandon();
      throw e;
    }
  }

  private static StoreException lost(
      StoreFiles files,
      String path,
      String held,
      String expected,
      AcknowledgedMark.Point promised) {
    return new StoreException(
        "%s: holds %s, but %s were acknowledged, up to revision %d (%s): writes were lost; put both files back from the newest backup"
            .formatted(
                path, held, expected, promised.revision(), files.describe(AcknowledgedMark.NAME)));
  }

  private static List<String> objectFiles(StoreFiles files) throws IOException {
    return files.names().stream()
        .filter(name -> name.startsWith(ObjectFile.PREFIX))
        .sorted()
        .toList();
  }

  long revision() {
    return file.point().revision();
  }

  NavigableMap<ObjectKey, ResourceObject> load() {
    return file.load();
  }

  /** The file as it now is, to read the history from; on the writer thread only. */
  ObjectFile file() {
    return file;
  }

  @Nullable List<HistoryEntry> changesSince(long since) {
    return file.changesSince(since);
  }

  /** Makes writes durable and promises them. */
  void commit(List<CommittedWrite> writes) throws IOException {
    file.commit(writes, config);
    mark.advance(file.point());
  }

  /** Makes notes durable and promises them. */
  void note(Map<String, String> changes) throws IOException {
    file.note(changes);
    mark.advance(file.point());
  }

  /** What was noted. */
  NavigableMap<String, String> notes() {
    return file.notes();
  }

  /**
   * Goes on in a new file when most of this one is dead. The mark is what changes over: until it is
   * synced the old file counts, from then on the new one.
   *
   * <p>So a failure before the mark is touched, such as a full disk, costs nothing but the space:
   * the old file goes on, and the next attempt waits until it has grown some more. A failure of the
   * mark itself leaves open which file counts, and is thrown.
   */
  void rewriteWhenDue() throws IOException {
    long length = file.point().length();
    if (length < rewriteAt) {
      return;
    }
    ObjectFile next = nextFile(file.point().generation() + 1);
    if (next == null) {
      rewriteAt = length + config.rewriteFromBytes();
      return;
    }
    changeOver(next);
  }

  private void changeOver(ObjectFile next) throws IOException {
    long old = file.point().generation();
    mark.advance(next.point());
    file.abandon();
    file = next;
    files.delete(ObjectFile.name(old));
    rewriteAt = Math.max(config.rewriteFromBytes(), 4 * file.point().length());
  }

  /**
   * Goes on in a new file now, however much of this one is dead; or throws, and goes on in this.
   */
  StoreBackup.Compaction compact() throws IOException {
    long before = file.point().length();
    changeOver(next(() -> file.copyToNext(files)));
    return new StoreBackup.Compaction(before, file.point().length());
  }

  /**
   * Goes on in a new file that holds something else, or throws, and goes on in this. Revisions
   * never go back, so that nobody takes a state to come for one that it has seen.
   */
  void replace(UUID store, long revision, RecordSource content) throws IOException {
    long newest = Math.max(revision, revision());
    changeOver(next(() -> file.replaceNext(files, store, newest, content)));
  }

  private interface Making {
    void make() throws IOException;
  }

  /** The next file, whole and readable. */
  private ObjectFile next(Making making) throws IOException {
    long generation = file.point().generation() + 1;
    ObjectFile next = null;
    try {
      making.make();
      next = ObjectFile.open(files, generation);
      next.load(); // what cannot be read does not replace what can
      return next;
    } catch (IOException | RuntimeException e) {
      if (next != null) {
        next.abandon();
      }
      discard(ObjectFile.NEW);
      discard(ObjectFile.name(generation));
      throw e;
    }
  }

  /** The next file, whole and readable; null where it cannot be made. */
  private @Nullable ObjectFile nextFile(long generation) {
    try {
      return next(() -> file.copyToNext(files));
    } catch (IOException | RuntimeException e) {
      LOG.error(
          "{} cannot be written anew, and grows on: {}",
          files.describe(ObjectFile.name(generation - 1)),
          e.getMessage(),
          e);
      return null;
    }
  }

  private void discard(String name) {
    try {
      files.delete(name);
    } catch (IOException e) {
      // The next attempt, or the next start, deletes it again.
      LOG.warn("{} cannot be deleted", files.describe(name), e);
    }
  }

  /** After a failure: lets go of everything without another write. */
  void abandon() {
    file.abandon();
    mark.close();
  }

  @Override
  public void close() {
    file.close();
    mark.close();
  }
}
