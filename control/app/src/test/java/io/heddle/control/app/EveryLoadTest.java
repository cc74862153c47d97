package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.heddle.xds.server.LoadReports.ClusterLoad;
import io.heddle.xds.server.LoadReports.LocalityLoad;
import io.heddle.xds.server.NodeInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The load that several control planes know of, as one. */
class EveryLoadTest {
  private static LocalityLoad place(String zone, int priority, long succeeded, double perSecond) {
    return new LocalityLoad(
        new NodeInfo.Locality("eu", zone, ""), priority, succeeded, succeeded, 1, 2, perSecond, 3);
  }

  private static final ClusterLoad HERE =
      new ClusterLoad("default/web", "", 5, List.of(place("a", 0, 10, 1.5), place("b", 0, 20, 2)));
  private static final ClusterLoad THERE =
      new ClusterLoad("default/web", "", 7, List.of(place("b", 0, 30, 3), place("b", 1, 40, 4)));
  private static final ClusterLoad OTHER =
      new ClusterLoad("default/orders", "service", 0, List.of());

  @Test
  void whatIsOfOneClusterLocalityAndPriorityIsAddedUp() {
    List<ClusterLoad> all = EveryLoad.sum(List.of(HERE, OTHER, THERE));
    assertThat(all)
        .extracting(ClusterLoad::cluster)
        .containsExactly("default/orders", "default/web");
    ClusterLoad web = all.get(1);
    assertThat(web.dropped()).isEqualTo(12);
    assertThat(web.localities())
        .containsExactly(
            place("a", 0, 10, 1.5),
            new LocalityLoad(new NodeInfo.Locality("eu", "b", ""), 0, 50, 50, 2, 4, 5, 6),
            place("b", 1, 40, 4));
  }

  @Test
  void readsBackWhatItTells() {
    ArrayNode told = ApiAnswer.object().putArray("clusters");
    EveryLoad.write(List.of(HERE, OTHER), told);
    assertThat(EveryLoad.read(told)).isEqualTo(List.of(HERE, OTHER));
  }

  @Test
  void aloneItIsWhatOneKnows() {
    EveryLoad alone =
        new EveryLoad(() -> List.of(HERE), new OtherPlanes(java.util.Optional.empty()));
    assertThat(alone.clusters()).isEqualTo(List.of(HERE));
  }
}
