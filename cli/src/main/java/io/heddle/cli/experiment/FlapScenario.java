package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Load.Door;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One of four instances answers 500 to a third of its requests. Without governance it goes on
 * getting its share; with it it is taken out, and what fails until then is tried elsewhere.
 */
final class FlapScenario implements Scenario {
  static final String ASK = "ask";
  private static final String SICK = "stock-1";
  private static final int INSTANCES = 4;
  private static final int MANY = 16;
  private static final double SHARE = 0.3;
  private static final Duration QUICK = Duration.ofMillis(2);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  /** Within that time it is found out. */
  private static final Duration FOUND_OUT = Duration.ofSeconds(2);

  private static final double MOST_SHARE = 0.01;

  @Override
  public String name() {
    return "flap";
  }

  @Override
  public String summary() {
    return "one of four instances fails a third of its requests; it must be taken out";
  }

  @Override
  public List<Party> parties(Settings settings) {
    return List.of(
        new Party(new Backend.Setup("stock", MANY, QUICK, List.of(), DEADLINE), INSTANCES, false));
  }

  @Override
  public String routes() {
    return new SlowStartScenario().routes();
  }

  @Override
  public String policies(Settings settings, Governance governance) {
    return switch (governance) {
      case WITHOUT -> Policy.off("stock");
      case WITH ->
          Policy.of(
              "stock",
              """
              retry: {numRetries: 2, retryOn: {triggers: [5xx]}}
              healthCheck:
                passive:
                  consecutive5XxErrors: 2
                  interval: 1s
                  baseEjectionTime: %ds
                  maxEjectionPercent: 34
              """
                  .formatted(2 * settings.seconds()));
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
    Window during = settings.phases().during();
    return List.of(
        new Step(
            during.from(),
            SICK + " begins to fail",
            stage -> plant(stage, new Fault.Errors(SHARE))),
        new Step(during.to(), SICK + " is well again", stage -> plant(stage, Fault.None.NONE)));
  }

  private static void plant(Stage stage, Fault fault) {
    stage.backends().getOrDefault("stock", List.of()).stream()
        .limit(1)
        .forEach(backend -> backend.plant(fault));
  }

  @Override
  public List<Check> checks(Settings settings) {
    return List.of(
        Checks.success(ASK, "while an instance fails", Phases::during, 0.999), FlapScenario::out);
  }

  private static Judgement out(Observed observed) {
    Window settled = observed.phases().settled(FOUND_OUT);
    double sick = observed.perSecond(SICK, settled);
    double all = sick;
    for (int i = 2; i <= INSTANCES; i++) {
      all += observed.perSecond("stock-" + i, settled);
    }
    double share = all == 0 ? 1 : sick / all;
    return new Judgement(
        "found out, it gets at most %s of the requests".formatted(Checks.percent(MOST_SHARE)),
        Checks.percent(share),
        share <= MOST_SHARE);
  }
}
