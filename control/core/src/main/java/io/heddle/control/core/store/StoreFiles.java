package io.heddle.control.core.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * The few things that a store asks of the disk. A seam, so that tests can put a disk below that
 * loses what was not synced; everything above it is what runs in production.
 */
interface StoreFiles {
  /** The directory and file, for messages. */
  String describe(String name);

  boolean exists(String name);

  /** Of all files. */
  List<String> names() throws IOException;

  /** Opens for reading and writing; makes the file, for its owner only, when it is not there. */
  FileChannel open(String name) throws IOException;

  /** Opens a file that is there for reading alone. */
  FileChannel read(String name) throws IOException;

  /** How MVStore is to name the file. */
  String mvStoreName(String name);

  /** Replaces {@code to} atomically; durable after {@link #syncDirectory}. */
  void rename(String from, String to) throws IOException;

  void delete(String name) throws IOException;

  /** Makes the making and renaming of files durable. */
  void syncDirectory() throws IOException;

  /** Keeps every other process out until it is closed. */
  Hold hold() throws IOException;

  /** The right to use the files. */
  interface Hold extends AutoCloseable {
    @Override
    void close();
  }
}
