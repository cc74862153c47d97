package io.heddle.control.api.resource;

import java.util.List;
import java.util.Map;

/**
 * What is told of requests ({@code heddle.io/v1alpha1 TelemetryPolicy}, with the field names of
 * Envoy Gateway's {@code telemetry}).
 *
 * @param targets Gateways, ListenerSets, single listeners, and Services: the sidecars of their
 *     instances
 */
public record TelemetryPolicySpec(List<Target> targets, Mode mode, AccessLog accessLog)
    implements PolicySpec {
  public TelemetryPolicySpec {
    targets = List.copyOf(targets);
  }

  @Override
  public Kind kind() {
    return Kind.TELEMETRY_POLICY;
  }

  /**
   * The access log on standard output.
   *
   * @param text a line with Envoy's command operators; empty: Envoy's own line, or {@code json}
   * @param json fields with their values, which hold operators; empty: {@code text}
   */
  public record AccessLog(boolean disabled, String text, Map<String, String> json) {
    public static final AccessLog STANDARD = new AccessLog(false, "", Map.of());

    public AccessLog {
      json = Ordered.copy(json);
    }
  }
}
