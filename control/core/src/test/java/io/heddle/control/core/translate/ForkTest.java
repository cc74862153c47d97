package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A second translator beside the first. */
final class ForkTest {
  private static final Place ADDED =
      new Place(Names.CLUSTERS, new ResourceKey(ResourceType.CLUSTER, "default/added"));

  /** Only what a change touches is made anew; the rest is the very resource of the first one. */
  @Test
  void sharesWhatDoesNotDiffer() {
    Translator settled = new Translator();
    for (String name : List.of("a", "b", "c")) {
      Inputs.objects(Inputs.service(name)).forEach(settled::update);
    }
    settled.instances(
        new ServiceKey("default", "a"), List.of(Inputs.instance("a", "a-1", 8080, Health.HEALTHY)));
    settled.node(new Scope("own"), NodeFacts.parse(Inputs.sidecar("default", "a")));
    settled.translate();

    Translator fork = settled.fork();
    Inputs.objects(Inputs.service("added")).forEach(fork::update);
    fork.translate();
    Set<Place> different = new HashSet<>();
    for (Place place : fork.places()) {
      Produced own = fork.standing(place).orElseThrow();
      if (settled.standing(place).filter(one -> one.resource() == own.resource()).isEmpty()) {
        different.add(place);
      }
    }
    assertThat(fork.places()).containsAll(settled.places());
    assertThat(different)
        .extracting(Place::key)
        .containsExactlyInAnyOrder(
            ADDED.key(),
            new ResourceKey(ResourceType.ENDPOINTS, "default/added"),
            new ResourceKey(ResourceType.ROUTES, "outbound/default"));
    assertThat(settled.standing(ADDED)).as("the first one is as it was").isEmpty();
    assertThat(settled.translate().put()).isEmpty();
  }

  @Test
  void goesItsOwnWayFromThenOn() {
    Translator settled = new Translator();
    Inputs.objects(Inputs.service("a")).forEach(settled::update);
    settled.translate();
    Translator fork = settled.fork();
    fork.translate();
    Inputs.objects(Inputs.service("added")).forEach(settled::update);
    settled.translate();
    assertThat(settled.standing(ADDED)).isPresent();
    assertThat(fork.translate().put()).isEmpty();
    assertThat(fork.standing(ADDED)).isEmpty();
  }
}
