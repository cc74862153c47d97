package io.heddle.cli.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The objects of the demo, with the gateway's port as asked for. */
final class ShopObjects {
  private static final String SEPARATOR = "---\n";

  private ShopObjects() {}

  /** Without the demo only the Gateway is left, to which the user's routes may attach. */
  static String read(Path home, UpOptions options) throws IOException {
    String all = Files.readString(home.resolve("demo").resolve("shop.yaml"));
    String objects =
        options.demo()
            ? all
            : Arrays.stream(all.split(SEPARATOR, -1))
                .filter(document -> document.contains("\nkind: Gateway\n"))
                .collect(Collectors.joining(SEPARATOR));
    return objects.replace("      port: 8000\n", "      port: " + options.gatewayPort() + "\n");
  }
}
