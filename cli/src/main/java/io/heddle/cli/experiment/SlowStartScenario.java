package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Load.Door;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A cold instance joins three warm ones: it can do little until it is warm. With a full share from
 * its first moment it is overrun, and whoever it gets fails.
 */
final class SlowStartScenario implements Scenario {
  static final String ASK = "ask";
  private static final String NEWCOMER = "newcomer";
  private static final int MANY = 16;
  private static final int WARM = 3;

  /** What a cold instance does at once. */
  private static final int FEW = 2;

  /** A cold instance can answer so much of its full share. */
  private static final double COLD_SHARE = 0.6;

  /** It is warm after that part of the window. */
  private static final int WARM_AFTER = 3;

  private static final Duration QUICK = Duration.ofMillis(2);
  private static final Duration DEADLINE = Duration.ofMillis(600);

  @Override
  public String name() {
    return "slow-start";
  }

  @Override
  public String summary() {
    return "a cold instance joins warm ones; nobody may be lost to it while it warms up";
  }

  @Override
  public List<Party> parties(Settings settings) {
    return List.of(
        new Party(new Backend.Setup("stock", MANY, QUICK, List.of(), DEADLINE), WARM, false),
        new Party(new Backend.Setup(NEWCOMER, FEW, QUICK, List.of(), DEADLINE), 1, false));
  }

  @Override
  public String routes() {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: stock}
    spec:
      parentRefs: [{kind: Gateway, name: edge}]
      rules: [{backendRefs: [{name: stock, port: 80}]}]
    """;
  }

  @Override
  public String policies(Settings settings, Governance governance) {
    return switch (governance) {
      case WITHOUT -> Policy.of("stock", "loadBalancer: {type: RoundRobin}");
      case WITH ->
          Policy.of(
              "stock",
              "loadBalancer: {type: RoundRobin, slowStart: {window: %ds}}"
                  .formatted(settings.seconds()));
    };
  }

  @Override
  public List<Load> loads(Settings settings, Governance governance) {
    return List.of(
        new Load(
            ASK, Door.GATEWAY, "shop.test", "/", Map.of(), Rate.steady(settings.rate()), DEADLINE));
  }

  @Override
  public List<Step> steps(Settings settings) {
    Phases phases = settings.phases();
    double share = (double) settings.rate() / (WARM + 1);
    Fault cold =
        new Fault.Slow(Duration.ofNanos((long) (FEW / (COLD_SHARE * share) * 1e9)).minus(QUICK));
    Duration joins = phases.during().from();
    return List.of(
        new Step(joins, "a cold instance joins", stage -> join(stage, cold)),
        new Step(
            joins.plus(phases.faulty().dividedBy(WARM_AFTER)),
            "it is warm",
            stage -> stage.plant(NEWCOMER, Fault.None.NONE)),
        new Step(
            phases.length(),
            "it leaves",
            stage -> stage.mesh().delete("workloadentries", entry())));
  }

  private static String entry() {
    return "stock-" + (WARM + 1);
  }

  private static void join(Stage stage, Fault cold) {
    stage.plant(NEWCOMER, cold);
    for (Backend backend : stage.backends().getOrDefault(NEWCOMER, List.of())) {
      stage.mesh().apply(MeshObjects.entry("stock", WARM + 1, backend.port()));
    }
  }

  @Override
  public List<Check> checks(Settings settings) {
    return List.of(
        Checks.success(ASK, "while it warms up", Phases::during, 0.999),
        observed -> joined(observed, settings),
        Checks.success(ASK, "afterwards", Phases::recovered, 0.999));
  }

  /** Who keeps a cold instance out for ever loses nobody either. */
  private static Judgement joined(Observed observed, Settings settings) {
    double fair = (double) settings.rate() / (WARM + 1);
    double got = observed.perSecond(NEWCOMER + "-1", observed.phases().recovered());
    return new Judgement(
        "afterwards it has at least half of its fair share (%s a second)"
            .formatted(Checks.number(Math.rint(fair))),
        "%s a second".formatted(Checks.number(Math.rint(got))),
        got >= fair / 2);
  }
}
