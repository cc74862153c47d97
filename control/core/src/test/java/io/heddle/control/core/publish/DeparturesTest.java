package io.heddle.control.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.core.translate.NodeFacts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class DeparturesTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final ServiceKey WEB = new ServiceKey("default", "web");

  private final Departures departures = new Departures(2);

  private static NodeFacts sidecar(String instance) {
    return NodeFacts.parse(
        Map.of(
            NodeFacts.KIND, "sidecar",
            NodeFacts.SERVICE, "web",
            NodeFacts.INSTANCE, instance,
            NodeFacts.INBOUND, "127.0.0.1:1",
            NodeFacts.OUTBOUND, "127.0.0.1:2",
            NodeFacts.APP, "127.0.0.1:3"));
  }

  private static NodeFacts gateway() {
    return NodeFacts.parse(Map.of(NodeFacts.KIND, "gateway", NodeFacts.GATEWAY, "edge"));
  }

  private void registered(String... instances) {
    List<RegisteredInstance> all =
        Stream.of(instances)
            .map(name ->
                new RegisteredInstance(
                    new Announcement(
                        new InstanceKey("default", "web", name),
                        "127.0.0.1",
                        9_000,
                        8_080,
                        "http",
                        Map.of(),
                        Locality.UNKNOWN,
                        1,
                        Health.HEALTHY,
                        ""),
                    Health.HEALTHY,
                    Presence.LIVE,
                    START))
            .toList();
    departures.instances(Map.of(WEB, all));
  }

  @Test
  void forgetsASidecarWithItsInstanceWhicheverGoesFirst() {
    registered("a", "b");
    registered("b");
    departures.disconnected("sidecar-a", sidecar("a"), START);
    departures.disconnected("sidecar-b", sidecar("b"), START);
    assertThat(departures.due(START)).containsExactly("sidecar-a");
    registered();
    assertThat(departures.due(START)).containsExactly("sidecar-b");
    assertThat(departures.due(START)).as("told once").isEmpty();
  }

  @Test
  void missesASidecarForAsLongAsItsInstanceIsRegistered() {
    registered("a");
    departures.disconnected("sidecar-a", sidecar("a"), START);
    assertThat(departures.due(START.plusSeconds(86_400))).isEmpty();
  }

  @Test
  void missesAGatewayForSomeMinutes() {
    departures.disconnected("edge-1", gateway(), START);
    departures.disconnected("sidecar-x", sidecar("never-announced"), START);
    Instant end = START.plus(Departures.PATIENCE);
    assertThat(departures.due(end.minusSeconds(1))).isEmpty();
    assertThat(departures.due(end)).containsExactly("edge-1", "sidecar-x");
  }

  @Test
  void sparesAProxyThatReturned() {
    departures.disconnected("edge-1", gateway(), START);
    departures.connected("edge-1");
    assertThat(departures.due(START.plus(Departures.PATIENCE))).isEmpty();
  }

  @Test
  void missesASidecarWhoseInstanceReturned() {
    registered("a");
    registered();
    registered("a");
    departures.disconnected("sidecar-a", sidecar("a"), START);
    assertThat(departures.due(START.plusSeconds(86_400))).isEmpty();
  }
}
