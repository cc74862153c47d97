package io.heddle.xds.model;

import com.google.re2j.Pattern;
import java.time.Duration;
import java.util.List;

/**
 * What of a request its hash is made of ({@code envoy.config.route.v3.RouteAction.HashPolicy}).
 *
 * @param terminal whether those that follow are left out once there is a hash
 */
public record HashPolicy(Source source, boolean terminal) {
  /** What is hashed. */
  public sealed interface Source {
    /**
     * A header's value.
     *
     * @param rewrite what is done to the value first: none or one
     */
    record Header(String name, List<Rewrite> rewrite) implements Source {
      public Header {
        rewrite = List.copyOf(rewrite);
      }
    }

    /**
     * A cookie's value. Where it is not there and {@code ttl} says so, one is made and set.
     *
     * @param path empty for none
     */
    record Cookie(String name, Lifetime ttl, String path, List<Attribute> attributes)
        implements Source {
      public Cookie {
        attributes = List.copyOf(attributes);
      }
    }

    enum ClientAddress implements Source {
      /** The client's IP address. */
      CLIENT_ADDRESS
    }

    /** The first value of a query parameter. */
    record QueryParameter(String name) implements Source {}

    /** A value of filter state, as text. */
    record FilterState(String key) implements Source {}
  }

  /** A replacement of what a regex matches. */
  public record Rewrite(Pattern pattern, RegexReplacement replacement) {}

  /** An attribute of a cookie; without value where that is empty. */
  public record Attribute(String name, String value) {}

  /** Whether a cookie is made, and for how long. */
  public sealed interface Lifetime {
    enum NotMade implements Lifetime {
      NOT_MADE
    }

    /** Zero means until the client forgets it. */
    record Of(Duration time) implements Lifetime {}
  }
}
