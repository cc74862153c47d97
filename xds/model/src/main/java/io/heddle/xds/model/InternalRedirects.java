package io.heddle.xds.model;

import java.util.List;
import java.util.Set;

/** Which redirects of an upstream the proxy follows itself. */
public sealed interface InternalRedirects {
  enum None implements InternalRedirects {
    /** All go to the client. */
    NONE
  }

  /**
   * Follows some ({@code envoy.config.route.v3.InternalRedirectPolicy}).
   *
   * @param most redirects one after the other
   * @param statuses of 301, 302, 303, 307 and 308
   * @param copiedHeaders headers of the redirect that the next request has too; lower case
   */
  record Follow(
      int most,
      Set<Integer> statuses,
      List<Predicate> predicates,
      boolean crossScheme,
      List<String> copiedHeaders)
      implements InternalRedirects {
    public Follow {
      statuses = Set.copyOf(statuses);
      predicates = List.copyOf(predicates);
      copiedHeaders = List.copyOf(copiedHeaders);
    }
  }

  /** What must hold for a redirect to be followed. */
  sealed interface Predicate {
    /** It leads to one of these routes, by name. */
    record AllowListedRoutes(Set<String> names) implements Predicate {
      public AllowListedRoutes {
        names = Set.copyOf(names);
      }
    }

    enum PreviousRoutes implements Predicate {
      /** It leads to no route that this one has led to before for the same request. */
      PREVIOUS_ROUTES
    }

    enum SafeCrossScheme implements Predicate {
      /** It does not lead from HTTP to HTTPS. */
      SAFE_CROSS_SCHEME
    }
  }
}
