package io.heddle.cli.up;

import java.nio.file.Path;

/**
 * What {@code heddle up} was asked for.
 *
 * @param state absolute
 * @param instances of each service, and of each version of catalog; 1 to 20
 * @param demo whether the sample services run
 */
public record UpOptions(
    Path state, int gatewayPort, int apiPort, int xdsPort, int instances, boolean demo) {
  public UpOptions {
    checkPort("--gateway-port", gatewayPort);
    checkPort("--api-port", apiPort);
    checkPort("--xds-port", xdsPort);
    if (gatewayPort == apiPort || apiPort == xdsPort || gatewayPort == xdsPort) {
      throw new IllegalArgumentException(
          "--gateway-port, --api-port, --xds-port: "
              + gatewayPort
              + ", "
              + apiPort
              + ", "
              + xdsPort
              + " (expected: three different ports)");
    }
    if (instances < 1 || instances > 20) {
      throw new IllegalArgumentException("--instances: " + instances + " (expected: 1 to 20)");
    }
  }

  private static void checkPort(String option, int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(option + ": " + port + " (expected: 1 to 65535)");
    }
  }
}
