package io.heddle.proxy.filters.cors;

import io.heddle.xds.model.StringMatch;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** The policies of all levels; the most specific one that says something has the word. */
record CorsPolicies(List<CorsPolicy> leastSpecificFirst) {
  boolean enabled(RandomGenerator random) {
    for (CorsPolicy policy : leastSpecificFirst) {
      if (policy.enabled().hit(random)) {
        return true;
      }
    }
    return false;
  }

  boolean shadow(RandomGenerator random) {
    for (CorsPolicy policy : leastSpecificFirst) {
      if (policy.shadow().hit(random)) {
        return true;
      }
    }
    return false;
  }

  /** Whether pages of this origin may see what the route answers. */
  boolean allows(String origin) {
    for (int i = leastSpecificFirst.size() - 1; i >= 0; i--) {
      List<StringMatch> origins = leastSpecificFirst.get(i).allowOrigins();
      if (!origins.isEmpty()) {
        for (StringMatch match : origins) {
          // An exact * means all, as in the header that it stands for.
          if (match.matches("*") || match.matches(origin)) {
            return true;
          }
        }
        return false;
      }
    }
    return false;
  }

  String text(Function<CorsPolicy, String> field) {
    for (int i = leastSpecificFirst.size() - 1; i >= 0; i--) {
      String value = field.apply(leastSpecificFirst.get(i));
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  boolean flag(Function<CorsPolicy, Optional<Boolean>> field, boolean otherwise) {
    for (int i = leastSpecificFirst.size() - 1; i >= 0; i--) {
      Optional<Boolean> value = field.apply(leastSpecificFirst.get(i));
      if (value.isPresent()) {
        return value.get();
      }
    }
    return otherwise;
  }
}
