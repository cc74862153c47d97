package io.heddle.proxy.app;

import io.heddle.proxy.app.upgrade.UpgradeSocket;
import java.util.Optional;

/**
 * Whether this process replaces another one, and lets itself be replaced.
 *
 * @param socket where they meet; empty for {@link Role#ALONE}
 */
public record UpgradeSettings(Role role, Optional<UpgradeSocket> socket) {
  /** Neither. */
  public static final UpgradeSettings ALONE = new UpgradeSettings(Role.ALONE, Optional.empty());

  /** What the process is to others of the same base id. */
  public enum Role {
    /** It knows no other. */
    ALONE,
    /** It is the first, and gives way to others where the place is free. */
    FIRST_IF_FREE,
    /** It is the first; a process that runs is an error. */
    FIRST,
    /** It replaces the process that runs; where none does it is the first. */
    REPLACES_IF_RUNNING,
    /** It replaces the process that runs; that none does is an error. */
    REPLACES
  }
}
