package io.heddle.control.api.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/**
 * Keeps objects. Reads are from memory and see only what is durable; a write is all or nothing.
 *
 * <p>Every method throws {@link StoreException} once the store has failed or was closed.
 */
public interface Store extends AutoCloseable {
  /** The newest durable state. */
  Revision revision();

  Optional<ResourceObject> get(ObjectKey key);

  /** What matches, ordered by key, all of one state. */
  Listing list(Selection selection);

  /**
   * Applies all of the mutations or none, and returns after they are durable. A put sets {@code
   * uid} and {@code creationTimestamp} when the object is new, raises {@code generation} only when
   * the spec changed, and drops the status; a put that changes nothing makes no revision. Two
   * mutations of one key in a call are a bug of the caller.
   */
  default WriteResult write(List<Mutation> mutations, WriteContext context) {
    return write(mutations, context, () -> {});
  }

  /**
   * Writes, unless something forbids it.
   *
   * @param guard looks at this store and throws where the write must not be; it is asked again
   *     whenever the write is planned again because something else came first, so that what it saw
   *     holds when the write is done, as far as {@link #noteIf} with a state ordered it
   */
  WriteResult write(List<Mutation> mutations, WriteContext context, Runnable guard);

  /**
   * Tells the listener of every change after a state. {@link Revision#NONE}, or a state that the
   * store can no longer tell the changes since, begins with {@link StoreListener#onRelist}; so does
   * a listener again that fell behind further than the store is willing to queue.
   */
  Watch watch(Selection selection, Revision from, StoreListener listener);

  /** Past changes of an object, newest first. */
  List<HistoryEntry> history(ObjectKey key, int limit);

  /** Past writes. */
  HistoryPage history(HistoryQuery query);

  /** What one write changed, in its order. */
  Recall<List<HistoryEntry>> changesOf(Revision revision);

  /**
   * What happened after one state and up to another, oldest first; nothing where the second is not
   * the later one.
   */
  Recall<List<HistoryEntry>> changesBetween(Revision after, Revision upTo);

  /** An object as it was in a state; empty where it did not exist then. */
  Recall<Optional<ResourceObject>> at(ObjectKey key, Revision revision);

  /** Whether a state is the other one, or came after it. Both are of this store. */
  boolean reaches(Revision state, Revision other);

  /**
   * What was noted under names that begin so, in the order of the names. Notes are what the control
   * plane itself must not forget, such as how far a rollout is: durable as objects are, but with no
   * revision, history or watch.
   */
  NavigableMap<String, String> notes(String prefix);

  /**
   * Notes all of this or nothing, and returns after it is durable; an empty text removes a note.
   *
   * @throws IllegalArgumentException for a name above 128 characters, or a text above 8 MiB
   */
  void note(Map<String, String> changes);

  /**
   * Notes all of this where other notes still say what the caller believes, else nothing. Of
   * several who believe the same and differ in what they note, one has its way.
   *
   * @param expected by name; an empty text where there must be no such note
   * @param at where it is not {@link Revision#NONE}, the store must be in that state still, and a
   *     write that is planned by now is planned again, and its guard asked, after this
   * @return whether it was noted
   * @throws IllegalArgumentException as {@link #note} does
   */
  boolean noteIf(Map<String, String> expected, Map<String, String> changes, Revision at);

  /** Waits for the writes under way, then closes. Watchers hear nothing more. */
  @Override
  void close();
}
