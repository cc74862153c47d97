package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
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
      if (object.spec() instanceof RouteSpec now && earlier.spec() instanceof RouteSpec old) {
        rules(key, RouteRule.of(old), was, RouteRule.of(now), becomes, lost);
      }
    }
    return lost;
  }

  private static void rules(
      ObjectKey key,
      List<RouteRule> old,
      HealthyEndpoints was,
      List<RouteRule> now,
      HealthyEndpoints becomes,
      List<Finding> lost) {
    for (int i = 0; i < now.size() && i < old.size(); i++) {
      RouteRule rule = now.get(i);
      int had = old.get(i).healthy(key.namespace(), was);
      if (had > 0 && !rule.redirects() && rule.healthy(key.namespace(), becomes) == 0) {
        lost.add(
            new Finding(
                FindingCode.LAST_ENDPOINT_LOST,
                key,
                rule.field() + ".backendRefs",
                "has no healthy endpoint any more (expected: one at least of the "
                    + had
                    + " that it had)"));
      }
    }
  }
}
