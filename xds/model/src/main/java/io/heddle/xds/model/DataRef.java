package io.heddle.xds.model;

import com.google.protobuf.ByteString;

/**
 * Data that a configuration holds or points to ({@code envoy.config.core.v3.DataSource}). What it
 * is, is never printed, as it may be a private key.
 */
public sealed interface DataRef {
  /** No data. */
  static DataRef none() {
    return Inline.NOTHING;
  }

  /** Within the configuration. */
  record Inline(ByteString bytes) implements DataRef {
    private static final Inline NOTHING = new Inline(ByteString.EMPTY);

    @Override
    public String toString() {
      return bytes.isEmpty() ? "nothing" : bytes.size() + " bytes inline";
    }
  }

  /**
   * A file, looked at again when it changes.
   *
   * @param watchedDirectory changes count only when something is moved within this directory; empty
   *     where the file itself is watched
   */
  record File(String path, String watchedDirectory) implements DataRef {}

  /** An environment variable of the proxy. */
  record Environment(String name) implements DataRef {}

  /** Whether there is none. */
  default boolean isNone() {
    return this instanceof Inline inline && inline.bytes().isEmpty();
  }
}
