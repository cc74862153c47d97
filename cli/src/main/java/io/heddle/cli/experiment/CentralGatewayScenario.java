package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Load.Door;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The gateway and the control plane are killed. Without sidecars services call each other through
 * the gateway, and nobody reaches anybody any more; with them nobody notices.
 */
final class CentralGatewayScenario implements Scenario {
  static final String CALL = "call";
  private static final int MANY = 64;
  private static final Duration QUICK = Duration.ofMillis(2);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  @Override
  public String name() {
    return "central-gateway";
  }

  @Override
  public String summary() {
    return "gateway and control plane are killed; services must go on calling each other";
  }

  @Override
  public List<Party> parties(Settings settings) {
    return List.of(
        new Party(new Backend.Setup("web", MANY, QUICK, List.of(), DEADLINE), 1, true),
        new Party(new Backend.Setup("orders", MANY, QUICK, List.of(), DEADLINE), 1, false));
  }

  @Override
  public String routes() {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: orders}
    spec:
      parentRefs: [{kind: Gateway, name: edge}]
      hostnames: [orders]
      rules: [{backendRefs: [{name: orders, port: 80}]}]
    """;
  }

  @Override
  public String policies(Settings settings, Governance governance) {
    return "";
  }

  @Override
  public List<Load> loads(Settings settings, Governance governance) {
    Door door =
        switch (governance) {
          case WITHOUT -> Door.GATEWAY;
          case WITH -> Door.SIDECAR;
        };
    return List.of(
        new Load(
            CALL, door, "orders", "/orders", Map.of(), Rate.steady(settings.rate()), DEADLINE));
  }

  @Override
  public List<Step> steps(Settings settings) {
    Window during = settings.phases().during();
    return List.of(
        new Step(
            during.from(), "the control plane is killed", stage -> stage.mesh().kill("control")),
        new Step(
            during.from().plus(during.length().dividedBy(4)),
            "the gateway is killed",
            stage -> stage.mesh().kill("gateway")),
        new Step(during.to(), "both are started again", CentralGatewayScenario::restart));
  }

  private static void restart(Stage stage) throws IOException {
    stage.mesh().restart("control");
    stage.mesh().restart("gateway");
  }

  @Override
  public List<Check> checks(Settings settings) {
    return List.of(
        Checks.success(CALL, "while both are gone", Phases::during, 1),
        Checks.success(CALL, "in all", phases -> new Window(Duration.ZERO, phases.length()), 1));
  }
}
