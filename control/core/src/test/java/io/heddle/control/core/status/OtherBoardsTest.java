package io.heddle.control.core.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.shared.FakeKeys;
import io.heddle.control.core.shared.Peers;
import io.heddle.control.core.translate.HostPort;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Verdict;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.XdsServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What two control planes know of proxies and objects, told by one. */
class OtherBoardsTest {
  private static final ObjectKey WEB = new ObjectKey(Kind.SERVICE, "default", "web");
  private static final ResourceObject OBJECT =
      ResourceObject.of(
          ObjectMeta.of("web").stored(3, "u", "2026-01-01T00:00:00Z", "7"),
          new ServiceSpec(Map.of(), List.of(new ServiceSpec.Port("", 80, "http"))));
  private static final Instant EARLY = Instant.parse("2026-01-01T10:00:00Z");
  private static final Instant LATE = Instant.parse("2026-01-01T11:00:00Z");

  private final FakeKeys keys = new FakeKeys();
  private final Plane one = new Plane("one", "two", Duration.ofSeconds(20));
  private final Plane two = new Plane("two", "one", Duration.ofMillis(200));

  private final class Plane {
    final FakeKeys.Link link = keys.link();
    final long lease = link.grant(Duration.ofSeconds(6));
    final Peers peers;
    final XdsServer server =
        XdsServer.builder(new ResourceCache(), node -> List.of()).shards(1).build();
    final StatusBoard board = new StatusBoard(server.syncView(), Clock.systemUTC());

    Plane(String name, String other, Duration patience) {
      peers = new Peers(link, name, () -> Map.of(other, "at " + other), () -> lease, patience);
      OtherBoards.join(board, peers);
      peers.start();
      board.recordTranslation(
          new Translation(
              Set.of(), List.of(), List.of(), Map.of(WEB, new Verdict(3, List.of())), Set.of()));
    }

    void knows(String id, boolean connected, Instant since) {
      HostPort nowhere = new HostPort("127.0.0.1", 1);
      board.recordProxy(
          new KnownProxy(
              id,
              new NodeFacts.Sidecar("default", "web", id, nowhere, nowhere, nowhere),
              connected,
              since));
    }

    void refuses(String id) {
      board.replaceCulprits(
          id, "outbound", List.of(new Culprit(id, WEB, 3, "outbound", "no, says " + id)));
    }

    Condition programmed() {
      return board.withStatus(OBJECT).status().conditions().stream()
          .filter(condition -> condition.type().equals("Programmed"))
          .findFirst()
          .orElseThrow();
    }
  }

  @AfterEach
  void close() {
    for (Plane plane : List.of(one, two)) {
      plane.peers.close();
      plane.server.close();
      plane.link.close();
    }
  }

  @Test
  void anObjectThatIsRefusedAtOneIsRefusedAtAll() {
    two.knows("p", true, EARLY);
    two.refuses("p");
    assertThat(one.programmed().reason()).isEqualTo("Rejected");
    assertThat(one.programmed().message()).contains("refused by 1; p says of outbound: no, says p");
    assertThat(one.board.withStatus(OBJECT).status().proxies().rejected()).isEqualTo(1);
    assertThat(one.board.withOwnStatus(List.of(OBJECT)).getFirst().status().proxies().rejected())
        .isZero();
  }

  /** What it refused at the one it left is known there; where it is now it counts, and once. */
  @Test
  void aProxyThatMovedCountsOnce() {
    one.knows("p", false, EARLY);
    one.refuses("p");
    assertThat(one.board.withStatus(OBJECT).status().proxies().rejected())
        .as("nobody else has it")
        .isEqualTo(1);
    two.knows("p", true, LATE);
    assertThat(one.board.withStatus(OBJECT).status().proxies().rejected())
        .as("it has accepted what two sent")
        .isZero();
    two.refuses("p");
    assertThat(one.board.withStatus(OBJECT).status().proxies().rejected()).isEqualTo(1);
  }

  @Test
  void proxiesOfAllAreListedAsTheNewestWordIs() {
    one.knows("a", false, EARLY);
    two.knows("a", false, LATE);
    two.knows("b", false, EARLY);
    Elsewhere.Known known = one.board.everyProxy();
    assertThat(known.proxies()).extracting(ProxyState::id).containsExactly("a", "b");
    assertThat(known.proxies().getFirst().since()).isEqualTo(LATE);
    assertThat(known.silent()).isEmpty();
    assertThat(one.board.proxies()).extracting(ProxyState::id).containsExactly("a");
  }

  @Test
  void oneThatIsCutOffIsNamed() {
    two.knows("a", false, EARLY);
    one.link.cut(true);
    Elsewhere.Known known = two.board.everyProxy();
    assertThat(known.silent()).containsExactly("at one");
    assertThat(known.proxies()).hasSize(1);
  }
}
