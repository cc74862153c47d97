package io.heddle.control.api.store;

/**
 * Who writes.
 *
 * @param who the writer's identity, kept in the history; up to 256 characters
 * @param from where the write came from: an address, or the name of a component; up to 256
 *     characters
 * @param dryRun answers what would happen and changes nothing
 */
public record WriteContext(String who, String from, boolean dryRun) {
  public WriteContext {
    if (who.length() > 256 || from.length() > 256) {
      throw new IllegalArgumentException(
          "who: %d, from: %d characters (expected: at most 256)"
              .formatted(who.length(), from.length()));
    }
  }

  public static WriteContext of(String who, String from) {
    return new WriteContext(who, from, false);
  }
}
