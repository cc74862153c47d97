package io.heddle.proxy.app;

import io.heddle.proxy.app.UpgradeSettings.Role;
import io.heddle.proxy.app.sidecar.StateFolder;
import io.heddle.proxy.app.upgrade.UpgradeException;
import io.heddle.proxy.app.upgrade.UpgradeSocket;
import io.heddle.proxy.engine.loop.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** In-place upgrade of sidecars and gateways: the two processes meet in their state folder. */
final class MeshUpgrade {
  private static final Logger LOG = LoggerFactory.getLogger(MeshUpgrade.class);
  private static final String SOCKET = "upgrade.sock";

  private MeshUpgrade() {}

  /** Opens the state folder; what an earlier run said of its ports goes, unless it still runs. */
  static StateFolder open(Arguments given, Path folder) throws IOException {
    StateFolder state =
        given.has("--upgrade") ? StateFolder.openToReplace(folder) : StateFolder.open(folder);
    if (!state.beside()) {
      PortsFile.clear(state);
    }
    return state;
  }

  /** Its place in the row of processes. Makes the folder, as only its user may enter it. */
  static UpgradeSettings of(Arguments given, Path folder) {
    boolean replaces = given.has("--upgrade");
    if (!Sockets.epollAvailable()) {
      if (replaces) {
        given.problem("--upgrade: expected the transport epoll, which does not work here");
      }
      return UpgradeSettings.ALONE;
    }
    try {
      return new UpgradeSettings(
          replaces ? Role.REPLACES_IF_RUNNING : Role.FIRST_IF_FREE,
          Optional.of(UpgradeSocket.in(folder, SOCKET)));
    } catch (UpgradeException e) {
      if (replaces) {
        given.problem("--upgrade: " + e.getMessage());
      } else {
        LOG.debug("No in-place upgrade of this process: {}", e.getMessage());
      }
      return UpgradeSettings.ALONE;
    }
  }
}
