package io.heddle.control.app;

import io.heddle.control.api.store.WriteContext;

/**
 * Who sent a request.
 *
 * @param who the name of its token; {@code loopback} for whoever is on this machine and has none
 * @param from its address
 */
record Caller(String who, Role role, String from) {
  /** What the history keeps of a write. */
  WriteContext context(boolean dryRun, String how) {
    return new WriteContext(cut(who, 256), cut(from, 256), dryRun, cut(how, 512));
  }

  private static String cut(String text, int most) {
    return text.length() > most ? text.substring(0, most) : text;
  }
}
