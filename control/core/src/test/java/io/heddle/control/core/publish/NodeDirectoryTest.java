package io.heddle.control.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.Scope;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NodeDirectoryTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final NodeDirectory directory = new NodeDirectory(1);

  private static NodeInfo node(String id) {
    return new NodeInfo(id, "", Map.of("HEDDLE_KIND", "gateway", "HEDDLE_GATEWAY", "edge"), "");
  }

  private static NodeDirectory.Identity identity(String id) {
    return NodeDirectory.identity(node(id));
  }

  private Scope own(String id) {
    return directory.scopesOf(node(id)).getFirst();
  }

  private void visit(String id, long stream, Instant until) {
    directory.connected(identity(id), stream);
    assertThat(directory.disconnected(identity(id), stream, until)).isTrue();
  }

  @Test
  void keepsTheScopeOfANodeThatComesBack() {
    Scope scope = own("a");
    visit("a", 1, START);
    assertThat(directory.sweep(START.plusSeconds(3600))).isEmpty();
    assertThat(own("a")).isEqualTo(scope);
  }

  @Test
  void leavesOnlyWithTheLastStream() {
    directory.connected(identity("a"), 1);
    directory.connected(identity("a"), 2);
    assertThat(directory.disconnected(identity("a"), 1, START)).isFalse();
    assertThat(directory.isConnected("a")).isTrue();
    assertThat(directory.disconnected(identity("a"), 2, START)).isTrue();
  }

  @Test
  void forgetsTheNodeThatLeftFirstInTwoSteps() {
    Scope first = own("a");
    visit("a", 1, START);
    visit("b", 2, START.plusSeconds(1));
    assertThat(directory.sweep(START.plusSeconds(2))).isEmpty();
    assertThat(own("a")).as("a newcomer gets a scope of its own").isNotEqualTo(first);
    assertThat(directory.sweep(START.plusSeconds(3))).as("too early").isEmpty();
    assertThat(directory.sweep(START.plusSeconds(63))).containsEntry(identity("a"), first);
  }

  @Test
  void sparesAScopeWhoseNodeReturnsBetweenTheSteps() {
    own("a");
    visit("a", 1, START);
    visit("b", 2, START.plusSeconds(1));
    assertThat(directory.sweep(START.plusSeconds(2))).isEmpty();
    directory.connected(identity("a"), 3);
    assertThat(directory.sweep(START.plusSeconds(63))).isEmpty();
  }
}
