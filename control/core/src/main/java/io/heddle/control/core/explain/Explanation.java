package io.heddle.control.core.explain;

import java.util.List;

/**
 * Where a request would go, and why. Texts are empty where the way ended before.
 *
 * @param listener the listener that takes it
 * @param address where that listens
 * @param table the route table that it asks
 * @param version of that table
 * @param virtualHost the virtual host of the request's authority
 * @param domain by which of its domains
 * @param path what is matched, once it was normalised
 * @param considered every route that was tried, in order; only the last can have matched
 * @param route the route that it takes
 * @param outcome what becomes of it
 * @param message the outcome in words
 * @param targets the clusters that it may go to
 * @param policies what else is in force
 */
public record Explanation(
    String listener,
    String address,
    String table,
    String version,
    String virtualHost,
    String domain,
    String path,
    List<Considered> considered,
    String route,
    Outcome outcome,
    String message,
    List<Target> targets,
    List<Policy> policies) {
  public Explanation {
    considered = List.copyOf(considered);
    targets = List.copyOf(targets);
    policies = List.copyOf(policies);
  }

  /** What becomes of a request. */
  public enum Outcome {
    FORWARDED("Forwarded"),
    REDIRECTED("Redirected"),
    ANSWERED("Answered"),
    REFUSED("Refused");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    /** As documents spell it. */
    public String text() {
      return text;
    }
  }

  /**
   * A route that was tried.
   *
   * @param why it did not match, or, where it matched, what matched
   */
  public record Considered(String route, boolean matched, String why) {}

  /**
   * A cluster that a request may go to.
   *
   * @param weight of all the targets' weights
   * @param share of the requests, in percent
   * @param known whether there is such a cluster
   * @param balancer how an endpoint is chosen
   */
  public record Target(
      String cluster, long weight, double share, boolean known, String balancer, List<Host> hosts) {
    public Target {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * An endpoint.
   *
   * @param health what the control plane says about it
   * @param priority 0 is asked first
   */
  public record Host(String address, String health, long weight, String locality, int priority) {}

  /**
   * Something in force.
   *
   * @param at what it belongs to, such as {@code route} or {@code cluster default/web}
   */
  public record Policy(String at, String name, String value) {}
}
