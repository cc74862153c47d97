package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Load.Door;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A shop whose payments fail: buying needs them and browsing does not. Without limits those who
 * wait for payments hold every worker of the shop's front, and nobody can browse either.
 */
final class AvalancheScenario implements Scenario {
  static final String BROWSE = "browse";
  static final String BUY = "buy";
  private static final int WORKERS = 24;
  private static final int MANY = 64;
  private static final Duration QUICK = Duration.ofMillis(2);
  private static final Duration SLOW = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  @Override
  public String name() {
    return "avalanche";
  }

  @Override
  public String summary() {
    return "payments fails under a shop of three layers; who only browses must not notice";
  }

  @Override
  public List<Party> parties(Settings settings) {
    return List.of(
        new Party(
            new Backend.Setup(
                "web",
                WORKERS,
                QUICK,
                List.of(
                    new Backend.Call("/browse", "catalog", "/catalog"),
                    new Backend.Call("/buy", "orders", "/orders")),
                PATIENCE),
            1,
            true),
        new Party(
            new Backend.Setup(
                "orders",
                WORKERS,
                QUICK,
                List.of(new Backend.Call("/", "payments", "/payments")),
                PATIENCE),
            1,
            true),
        new Party(new Backend.Setup("payments", MANY, QUICK, List.of(), PATIENCE), 1, false),
        new Party(new Backend.Setup("catalog", MANY, QUICK, List.of(), PATIENCE), 1, false));
  }

  @Override
  public String routes() {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      parentRefs: [{kind: Gateway, name: edge}]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    """;
  }

  @Override
  public String policies(Settings settings, Governance governance) {
    return switch (governance) {
      case WITHOUT ->
          Policy.off("web") + Policy.off("orders") + Policy.off("payments") + Policy.off("catalog");
      // Each layer waits a little longer than the one below, and lets fewer wait than it has
      // workers.
      case WITH ->
          Policy.of("payments", limits("250ms", WORKERS / 3))
              + Policy.of("orders", limits("500ms", WORKERS / 2))
              + Policy.of("catalog", limits("500ms", WORKERS))
              + Policy.of("web", limits("1s", WORKERS));
    };
  }

  private static String limits(String time, int parallel) {
    return """
    timeout: {http: {requestTimeout: %s}}
    circuitBreaker: {maxConnections: %d, maxPendingRequests: %d, maxParallelRequests: %d}
    """
        .formatted(time, parallel, parallel, parallel);
  }

  @Override
  public List<Load> loads(Settings settings, Governance governance) {
    double rate = settings.rate();
    return List.of(load(BROWSE, "/browse", rate * 2 / 3), load(BUY, "/buy", rate / 3));
  }

  private static Load load(String name, String path, double rate) {
    return new Load(name, Door.GATEWAY, "shop.test", path, Map.of(), Rate.steady(rate), DEADLINE);
  }

  @Override
  public List<Step> steps(Settings settings) {
    Fault fault =
        switch (settings.fault()) {
          case "errors" -> new Fault.Errors(1);
          case "reset" -> Fault.Reset.RESET;
          case "silent" -> Fault.Silent.SILENT;
          default -> new Fault.Slow(SLOW);
        };
    Phases phases = settings.phases();
    return List.of(
        new Step(phases.during().from(), "payments fails", stage -> stage.plant("payments", fault)),
        new Step(
            phases.during().to(),
            "payments is well again",
            stage -> stage.plant("payments", Fault.None.NONE)));
  }

  @Override
  public List<Check> checks(Settings settings) {
    return List.of(
        Checks.success(BROWSE, "while payments fails", Phases::during, 0.999),
        Checks.steadyTime(BROWSE, "while payments fails", Phases::during, 1.2),
        Checks.failsInTime(BUY, Phases::during, 0.001),
        Checks.bounded("web-1", Phases::during, WORKERS),
        Checks.success(BROWSE, "once healed", Phases::recovered, 0.999),
        Checks.success(BUY, "once healed", Phases::recovered, 0.99));
  }
}
