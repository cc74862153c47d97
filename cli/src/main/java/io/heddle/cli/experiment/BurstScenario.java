package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Load.Door;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Five times what a service can do. Without limits everybody queues until they have gone, and the
 * service works for nobody.
 */
final class BurstScenario implements Scenario {
  static final String VISIT = "visit";
  private static final int WORKERS = 4;

  /** So many may wait for a worker: enough for the chances of a calm time. */
  private static final int QUEUE = 6;

  private static final double SHARE_BEFORE = 0.6;
  private static final double TIMES = 5;
  private static final Duration DEADLINE = Duration.ofSeconds(1);
  private static final Duration REFUSED_WITHIN = Duration.ofMillis(10);

  /** What a busy machine adds. */
  private static final double NOISE_MILLIS = 15;

  @Override
  public String name() {
    return "burst";
  }

  @Override
  public String summary() {
    return "five times as many requests as a service can answer; it must go on answering those";
  }

  /** Requests a second that the service can answer. */
  private static double capacity(Settings settings) {
    return settings.rate() / SHARE_BEFORE;
  }

  private static Duration time(Settings settings) {
    return Duration.ofNanos((long) (WORKERS / capacity(settings) * 1e9));
  }

  @Override
  public List<Party> parties(Settings settings) {
    return List.of(
        new Party(
            new Backend.Setup("web", WORKERS, time(settings), List.of(), DEADLINE), 1, false));
  }

  @Override
  public String routes() {
    return new AvalancheScenario().routes();
  }

  @Override
  public String policies(Settings settings, Governance governance) {
    return switch (governance) {
      case WITHOUT -> Policy.off("web");
      case WITH ->
          Policy.of(
              "web",
              """
              timeout: {http: {requestTimeout: 1s}}
              circuitBreaker: {maxConnections: %d, maxPendingRequests: %d, maxParallelRequests: %d}
              """
                  .formatted(WORKERS, QUEUE, WORKERS + QUEUE));
    };
  }

  @Override
  public List<Load> loads(Settings settings, Governance governance) {
    return List.of(
        new Load(
            VISIT,
            Door.GATEWAY,
            "shop.test",
            "/",
            Map.of(),
            Rate.burst(settings.rate(), settings.phases().during(), TIMES * capacity(settings)),
            DEADLINE));
  }

  @Override
  public List<Step> steps(Settings settings) {
    Window burst = settings.phases().during();
    return List.of(
        new Step(burst.from(), "the burst begins", _ -> {}),
        new Step(burst.to(), "the burst ends", _ -> {}));
  }

  @Override
  public List<Check> checks(Settings settings) {
    return List.of(
        observed -> goodput(observed, capacity(settings)),
        Checks.steadyTime(VISIT, "in the burst", Phases::during, 2),
        BurstScenario::refusedSoon,
        Checks.success(VISIT, "after the burst", Phases::recovered, 0.99));
  }

  private static Judgement goodput(Observed observed, double capacity) {
    Window burst = observed.phases().settled(Phases.settling());
    double seconds = burst.length().toNanos() / 1e9;
    double good = observed.load(VISIT).between(burst).ok() / seconds;
    // The service's own overhead is no loss of the mesh.
    double least = 0.9 * peak(observed, capacity);
    return new Judgement(
        "in the burst at least 90 %% of what the service can answer (%s a second)"
            .formatted(Checks.number(Math.rint(peak(observed, capacity)))),
        "%s a second".formatted(Checks.number(Math.rint(good))),
        good >= least);
  }

  /** What its workers can do with the time that a request really takes them when nobody waits. */
  private static double peak(Observed observed, double capacity) {
    double p50 = observed.load(VISIT).between(observed.phases().before()).p50();
    return p50 > 0 ? Math.min(capacity, WORKERS * 1_000 / p50) : capacity;
  }

  private static Judgement refusedSoon(Observed observed) {
    Series.Totals totals = observed.load(VISIT).between(observed.phases().during());
    return new Judgement(
        "who is refused hears so: p99 at most 10 ms, and %s ms; and nobody waits in vain"
            .formatted(Checks.number(NOISE_MILLIS)),
        "%s, %d in vain".formatted(Checks.millis(totals.refusedP99()), totals.failed()),
        totals.refused() > 0
            && totals.refusedP99() <= REFUSED_WITHIN.toMillis() + NOISE_MILLIS
            && totals.failed() <= totals.due() / 1_000);
  }
}
