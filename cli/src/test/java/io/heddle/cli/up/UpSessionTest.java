package io.heddle.cli.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpSessionTest {
  private static Terminal terminal() {
    return new Terminal(
        new PrintWriter(new StringWriter()),
        new PrintWriter(new StringWriter()),
        new ByteArrayInputStream(new byte[0]),
        false,
        Map.of(),
        Clock.systemUTC());
  }

  @Test
  void aRefusedRunLeavesNoFolder(@TempDir Path temp) throws IOException {
    Path state = temp.resolve("state");
    try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket three = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      UpOptions options =
          new UpOptions(
              state, one.getLocalPort(), two.getLocalPort(), three.getLocalPort(), 1, false);
      assertThatThrownBy(() -> new UpSession(terminal(), options).check())
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("--gateway-port: port " + one.getLocalPort());
    }
    assertThat(state).doesNotExist();
  }
}
