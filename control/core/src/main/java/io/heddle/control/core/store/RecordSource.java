package io.heddle.control.core.store;

import java.io.IOException;

/** Tells what a store holds, record by record: the objects, the history, the notes. */
interface RecordSource {
  void tell(Sink sink) throws IOException;

  /** Takes records as {@link Records} packs them. */
  interface Sink {
    /** An object, by its name in the file. */
    void object(String name, byte[] record) throws IOException;

    /**
     * A past change.
     *
     * @param revision the write that made it
     * @param index its place in that write
     */
    void past(long revision, int index, byte[] record) throws IOException;

    /** What the control plane noted. */
    void note(String name, String text) throws IOException;
  }
}
