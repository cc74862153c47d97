package io.heddle.cli.experiment;

import io.heddle.cli.process.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The experiments that there are, and how each is run on processes of its own. */
public final class Experiments {
  private static final List<Scenario> ALL =
      List.of(
          new AvalancheScenario(),
          new BurstScenario(),
          new FlapScenario(),
          new SlowStartScenario(),
          new CentralGatewayScenario());

  private Experiments() {}

  static List<Scenario> scenarios() {
    return ALL;
  }

  /** What each is about, by its name. */
  public static Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    ALL.forEach(scenario -> all.put(scenario.name(), scenario.summary()));
    return all;
  }

  /**
   * Runs some on this machine, each with a mesh of its own.
   *
   * @param names of {@link #all}
   * @param state an empty folder for their processes
   * @param progress is told what goes on
   */
  public static List<Report> run(
      List<String> names,
      Settings settings,
      Programs programs,
      Path state,
      Consumer<String> progress)
      throws IOException, InterruptedException {
    List<Report> reports = new ArrayList<>();
    for (String name : names) {
      Scenario scenario = of(name);
      Experiment experiment =
          new Experiment(
              (objects, callers) ->
                  ProcessMesh.start(programs, state.resolve(name), objects, callers),
              progress);
      reports.add(experiment.run(scenario, settings));
    }
    return reports;
  }

  private static Scenario of(String name) {
    return ALL.stream()
        .filter(scenario -> scenario.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(name + " (expected: one of " + all().keySet() + ")"));
  }
}
