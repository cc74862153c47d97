package io.heddle.cli.experiment;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What is planted in a mesh under which load, and what is expected of it. */
interface Scenario {
  String name();

  /** One sentence. */
  String summary();

  List<Party> parties(Settings settings);

  /**
   * Objects beside the services of the parties, their entries and a Gateway {@code edge}: its
   * routes.
   */
  String routes();

  /** What is in force; each way applies the same objects by other words. */
  String policies(Settings settings, Governance governance);

  List<Load> loads(Settings settings, Governance governance);

  /** What happens, by time. */
  List<Step> steps(Settings settings);

  List<Check> checks(Settings settings);

  /**
   * A service.
   *
   * @param instances one where it has a sidecar
   * @param sidecar whether it calls others, by one
   */
  record Party(Backend.Setup setup, int instances, boolean sidecar) {
    public Party {
      if (instances < 1 || (sidecar && instances > 1)) {
        throw new IllegalArgumentException(
            "instances: " + instances + " (expected: at least 1, and 1 with a sidecar)");
      }
    }
  }

  /**
   * Something that happens.
   *
   * @param at from the beginning
   */
  record Step(Duration at, String what, Action action) {}

  /** Does it. */
  interface Action {
    void on(Stage stage) throws IOException, InterruptedException;
  }

  /** What may be acted on: backends by their services. */
  record Stage(ExperimentMesh mesh, Map<String, List<Backend>> backends) {
    /** Plants a fault in every instance. */
    void plant(String service, Fault fault) {
      backends.getOrDefault(service, List.of()).forEach(backend -> backend.plant(fault));
    }
  }

  /** Judges a run. */
  interface Check {
    Judgement of(Observed observed);
  }

  /**
   * What was judged.
   *
   * @param what is expected
   * @param measured what is
   */
  record Judgement(String what, String measured, boolean passed) {}
}
