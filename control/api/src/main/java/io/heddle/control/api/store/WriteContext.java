package io.heddle.control.api.store;

/**
 * Who writes.
 *
 * @param who the writer's identity, kept in the history; up to 256 characters
 * @param from where the write came from: an address, or the name of a component; up to 256
 *     characters
 * @param dryRun answers what would happen and changes nothing
 * @param how what the writer did, in words, such as {@code apply shop.yaml}; kept in the history,
 *     up to 512 characters
 */
public record WriteContext(String who, String from, boolean dryRun, String how) {
  public WriteContext {
    if (who.length() > 256 || from.length() > 256 || how.length() > 512) {
      throw new IllegalArgumentException(
          "who: %d, from: %d, how: %d characters (expected: at most 256, 256, 512)"
              .formatted(who.length(), from.length(), how.length()));
    }
  }

  public WriteContext(String who, String from, boolean dryRun) {
    this(who, from, dryRun, "");
  }

  public static WriteContext of(String who, String from) {
    return new WriteContext(who, from, false);
  }

  public WriteContext by(String newHow) {
    return new WriteContext(who, from, dryRun, newHow);
  }

  public WriteContext trying(boolean newDryRun) {
    return new WriteContext(who, from, newDryRun, how);
  }
}
