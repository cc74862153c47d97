package io.heddle.control.app;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/** Where the tokens are kept: a text that is replaced as a whole. */
interface TokenText {
  /** The text now; empty where there is none. */
  Optional<String> read() throws IOException;

  /**
   * Replaces the text that was read last, durably.
   *
   * @return false where somebody else has replaced it since
   */
  boolean replace(String text) throws IOException;

  /** Tells of texts that others put there. */
  void onChange(Consumer<String> listener);

  /** For messages. */
  String describe();
}
