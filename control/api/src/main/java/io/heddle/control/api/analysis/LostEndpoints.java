package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds what a change takes the last healthy endpoint from: a rule of a route, or a Service that is
 * still there. What had none before loses nothing.
 */
final class LostEndpoints {
  private LostEndpoints() {}

  static List<Finding> of(
      Map<ObjectKey, ResourceObject> before,
      HealthyEndpoints was,
      Map<ObjectKey, ResourceObject> after,
      HealthyEndpoints becomes) {
    List<Finding> lost = new ArrayList<>();
    for (ResourceObject object : after.values()) {
      ObjectKey key = object.key();
      ResourceObject earlier = before.get(key);
      if (earlier == null) {
        continue;
      }
      if (key.kind() == Kind.SERVICE && was.of(key) > 0 && becomes.of(key) == 0) {
        lost.add(
            new Finding(
                FindingCode.LAST_ENDPOINT_LOST,
                key,
                "spec.selector",
                "selects none of the " + was.of(key) + " healthy endpoints that it had"));
      }
      if (object.spec() instanceof HttpRouteSpec now
          && earlier.spec() instanceof HttpRouteSpec old) {
        String namespace = key.namespace();
        for (int i = 0; i < now.rules().size() && i < old.rules().size(); i++) {
          HttpRouteSpec.Rule rule = now.rules().get(i);
          int had = RouteFindings.healthy(old.rules().get(i), namespace, was);
          if (had > 0
              && !RouteFindings.redirects(rule)
              && RouteFindings.healthy(rule, namespace, becomes) == 0) {
            lost.add(
                new Finding(
                    FindingCode.LAST_ENDPOINT_LOST,
                    key,
                    "spec.rules[" + i + "].backendRefs",
                    "has no healthy endpoint any more (expected: one at least of the "
                        + had
                        + " that it had)"));
          }
        }
      }
    }
    return lost;
  }
}
