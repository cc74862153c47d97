package io.heddle.cli.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds out who listens on a port, where {@code /proc} tells. */
public final class PortOwner {
  private static final String LISTENING = "0A";

  private PortOwner() {}

  /** Such as {@code pid 4711 (node server.js)}. Empty for other users' processes. */
  public static Optional<String> of(int port) {
    Set<String> sockets = new HashSet<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      try (Stream<String> lines = Files.lines(Path.of(table))) {
        lines
            .map(line -> line.strip().split("\\s+", -1))
            .filter(fields -> fields.length > 9 && fields[3].equals(LISTENING))
            .filter(fields -> fields[1].endsWith(":%04X".formatted(port)))
            .forEach(fields -> sockets.add("socket:[" + fields[9] + "]"));
      } catch (IOException noSuchTable) {
        // Not on this system; without one nobody is found.
      }
    }
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    return ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(pid -> holds(pid, sockets))
        .findFirst()
        .map(pid -> "pid " + pid + " (" + shortened(pid) + ")");
  }

  private static String shortened(long pid) {
    String command = String.join(" ", ProcessIdentity.commandLine(pid)).strip();
    return command.length() > 60 ? command.substring(0, 60) + "…" : command;
  }

  private static boolean holds(long pid, Set<String> sockets) {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      return descriptors.anyMatch(descriptor -> {
        try {
          return sockets.contains(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException e) {
          // Closed meanwhile.
          return false;
        }
      });
    } catch (IOException e) {
      // Ended meanwhile, or another user's.
      return false;
    }
  }
}
