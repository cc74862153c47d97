package io.heddle.proxy.app.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
  @TempDir private Path folder;

  static SidecarOptions options(String instance, int port, Path folder) {
    return new SidecarOptions(
        "default",
        "orders",
        instance,
        "127.0.0.1",
        8080,
        "127.0.0.1:7071",
        Map.of("version", "v2"),
        port,
        port,
        port,
        "",
        false,
        Optional.of(folder));
  }

  @Test
  void freePortsAndInstanceStayTheSameOverRestarts() throws Exception {
    SidecarOptions options = options("", 0, folder);
    SidecarPorts first;
    String instance;
    try (StateFolder state = StateFolder.open(folder)) {
      first = state.ports(options);
      instance = state.instance(options, new Random(1));
    }
    assertThat(instance).matches("orders-[a-z0-9]{6}");
    assertThat(java.util.Set.of(first.inbound(), first.outbound(), first.admin())).hasSize(3);
    try (StateFolder state = StateFolder.open(folder)) {
      assertThat(state.ports(options)).isEqualTo(first);
      assertThat(state.instance(options, new Random(2))).isEqualTo(instance);
      assertThat(state.instance(options("mine", 0, folder), new Random(2))).isEqualTo("mine");
    }
  }

  @Test
  void portOfTheLastRunThatIsTakenIsReplaced() throws Exception {
    SidecarOptions options = options("", 0, folder);
    SidecarPorts first;
    try (StateFolder state = StateFolder.open(folder)) {
      first = state.ports(options);
    }
    try (ServerSocket taken =
            new ServerSocket(first.inbound(), 1, InetAddress.getLoopbackAddress());
        StateFolder state = StateFolder.open(folder)) {
      assertThat(taken.isBound()).isTrue();
      SidecarPorts second = state.ports(options);
      assertThat(second.inbound()).isNotEqualTo(first.inbound());
      assertThat(second.outbound()).isEqualTo(first.outbound());
    }
  }

  @Test
  void givenPortsAreUsedAsTheyAre() throws Exception {
    try (StateFolder state = StateFolder.open(folder)) {
      assertThat(state.ports(options("", 15_006, folder)).admin()).isEqualTo(15_006);
    }
  }

  @Test
  void folderIsHeldByOneAtATime() throws Exception {
    try (StateFolder state = StateFolder.open(folder)) {
      assertThat(state.folder()).isEqualTo(folder);
      assertThatThrownBy(() -> StateFolder.open(folder)).hasMessageContaining("uses it");
    }
    StateFolder.open(folder).close();
  }

  @Test
  void damagedFileIsNotBelieved() throws Exception {
    Files.writeString(folder.resolve("sidecar.properties"), "inbound=\\uZZ\n");
    try (StateFolder state = StateFolder.open(folder)) {
      assertThat(state.ports(options("", 0, folder)).inbound()).isPositive();
    }
  }
}
