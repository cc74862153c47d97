package io.heddle.cli.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Hands out ports of the loopback address that nobody listens on, each once. They lie below the
 * range from which the system takes the ports of outgoing connections: else such a connection could
 * take a port while its process is being started again.
 */
public final class FreePorts {
  private static final int LOWEST = 20_000;
  private static final int DEFAULT_EPHEMERAL = 32_768;
  private static final int SMALLEST_RANGE = 1_000;

  private final RandomGenerator random;
  private final int bound;
  private final Set<Integer> taken = new HashSet<>();

  public FreePorts(RandomGenerator random) {
    this.random = random;
    int ephemeral = ephemeralStart();
    bound = ephemeral >= LOWEST + SMALLEST_RANGE ? ephemeral : DEFAULT_EPHEMERAL;
  }

  public int next() {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      int port = random.nextInt(LOWEST, bound);
      if (!taken.contains(port) && free(port)) {
        taken.add(port);
        return port;
      }
    }
    throw new IllegalStateException("no free port between " + LOWEST + " and " + bound);
  }

  /** Whether nobody listens on that port of the loopback address. */
  public static boolean free(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int ephemeralStart() {
    try {
      String range = Files.readString(Path.of("/proc/sys/net/ipv4/ip_local_port_range"));
      return Integer.parseInt(range.strip().split("\\s+", -1)[0]);
    } catch (IOException | NumberFormatException e) {
      return DEFAULT_EPHEMERAL;
    }
  }
}
