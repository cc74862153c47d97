package io.heddle.control.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How stages are written, and whom they include. */
class StageTest {
  private static Stage.Candidate proxy(String id, String... labels) {
    return new Stage.Candidate(
        id, labels.length == 0 ? Map.of() : Map.of(labels[0], labels[1]), "zone-a");
  }

  @Test
  void readsWhatItWrites() {
    String text =
        "canary=label:track=canary,label:edge,one=proxy:web-1,zone:a,0.5%,few=10%,50%,all";
    List<Stage> stages = Stage.parseAll(text);
    assertThat(Stage.format(stages)).isEqualTo(text);
    assertThat(stages)
        .containsExactly(
            new Stage.Label("canary", "track", "canary"),
            new Stage.Label("label:edge", "edge", ""),
            new Stage.Proxy("one", "web-1"),
            new Stage.Zone("zone:a", "a"),
            new Stage.Percent("0.5%", 50),
            new Stage.Percent("few", 1_000),
            new Stage.Percent("50%", 5_000),
            new Stage.All("all"));
    assertThat(Stage.parseAll(" 10.50% , all")).contains(new Stage.Percent("10.5%", 1_050));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|stages[0]: \"\"",
        "10%|all as the last stage",
        "all,10%|all only at the end",
        "20%,20%,all|another name",
        "a=20%,b=20%,all|a larger share",
        "0%,all|more than 0%",
        "100%,all|less than 100%",
        "1.234%,all|[NAME=]",
        "label:,all|[NAME=]",
        "label:=x,all|[NAME=]",
        "label:x=,all|[NAME=]",
        "proxy:,all|[NAME=]",
        "tier:x,all|[NAME=]",
        "canary,all|[NAME=]"
      })
  void refusesTheRest(String text, String saying) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Stage.parseAll(text))
        .withMessageContaining(saying);
  }

  @Test
  void includesByLabelIdAndZone() {
    Stage track = new Stage.Label("s", "track", "canary");
    assertThat(track.includes(proxy("p", "track", "canary"), "1")).isTrue();
    assertThat(track.includes(proxy("p", "track", "stable"), "1")).isFalse();
    assertThat(track.includes(proxy("p"), "1")).isFalse();
    assertThat(new Stage.Label("s", "track", "").includes(proxy("p", "track", "x"), "1")).isTrue();
    assertThat(new Stage.Proxy("s", "p").includes(proxy("p"), "1")).isTrue();
    assertThat(new Stage.Proxy("s", "p").includes(proxy("q"), "1")).isFalse();
    assertThat(new Stage.Zone("s", "zone-a").includes(proxy("p"), "1")).isTrue();
    assertThat(new Stage.Zone("s", "zone-b").includes(proxy("p"), "1")).isFalse();
  }

  /** A larger share holds the smaller one, and about as many as it says. */
  @Test
  void aShareGrowsAndNobodyLeavesIt() {
    Set<String> tenth = share(1_000, "1");
    Set<String> half = share(5_000, "1");
    assertThat(half).containsAll(tenth);
    assertThat(tenth.size()).isBetween(900, 1_100);
    assertThat(half.size()).isBetween(4_800, 5_200);
    assertThat(share(1_000, "2")).as("of another rollout").isNotEqualTo(tenth);
  }

  private static Set<String> share(int share, String salt) {
    Set<String> found = new TreeSet<>();
    IntStream.range(0, 10_000)
        .mapToObj(i -> "sidecar~default~web-" + i)
        .filter(id -> new Stage.Percent("s", share).includes(proxy(id), salt))
        .forEach(found::add);
    return found;
  }
}
