package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScenarioTest {
  private static final Settings SETTINGS = new Settings(4, 60, "", 1);

  static List<Scenario> all() {
    return Experiments.scenarios();
  }

  @ParameterizedTest
  @MethodSource("all")
  void writesObjectsThatAreAccepted(Scenario scenario) throws Exception {
    try (Backend backend =
        new Backend(
            new Backend.Setup("x", 1, Duration.ZERO, List.of(), Duration.ofSeconds(1)), 1)) {
      String objects = MeshObjects.of(Map.of("x", List.of(backend)), List.of()) + scenario.routes();
      for (Governance governance : Governance.values()) {
        ParseResult result =
            ObjectParser.parse(
                scenario.name(),
                (objects + scenario.policies(SETTINGS, governance))
                    .replace("$GATEWAY_PORT", "8000"));
        assertThat(result.errors()).as(scenario.name()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void bothRunsHaveTheSameLoadAndEventsInOrder(Scenario scenario) {
    List<Load> without = scenario.loads(SETTINGS, Governance.WITHOUT);
    List<Load> with = scenario.loads(SETTINGS, Governance.WITH);
    assertThat(without)
        .extracting(Load::name, Load::rate, Load::deadline)
        .containsExactlyElementsOf(
            with.stream().map(load -> tuple(load.name(), load.rate(), load.deadline())).toList());
    assertThat(scenario.steps(SETTINGS)).extracting(Scenario.Step::at).isSorted();
    assertThat(scenario.checks(SETTINGS)).isNotEmpty();
  }

  @Test
  void settingsAreBounded() {
    assertThatThrownBy(() -> new Settings(0, 60, "", 1)).hasMessageContaining("--seconds: 0");
    assertThatThrownBy(() -> new Settings(301, 60, "", 1)).hasMessageContaining("1 to 300");
    assertThatThrownBy(() -> new Settings(1, 501, "", 1)).hasMessageContaining("--rate: 501");
    assertThatThrownBy(() -> new Settings(1, 60, "rain", 1)).hasMessageContaining("--fault: rain");
  }
}
