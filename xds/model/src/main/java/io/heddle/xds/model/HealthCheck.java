package io.heddle.xds.model;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How endpoints are asked whether they are well ({@code envoy.config.core.v3.HealthCheck}).
 *
 * @param unhealthyAfter so many failures in a row, where a single one does not decide; at least 1
 * @param healthyAfter so many successes in a row, the very first apart; at least 1
 * @param altPort in the place of the endpoint's own
 * @param reuseConnection whether a connection serves more than one check; true by default
 * @param alpn offered by TLS in the place of what the cluster offers; empty for that
 * @param socketMatch what chooses the transport socket in the place of the endpoint's metadata
 */
public record HealthCheck(
    Times times,
    long unhealthyAfter,
    long healthyAfter,
    OptionalInt altPort,
    boolean reuseConnection,
    Probe probe,
    EventLog events,
    List<String> alpn,
    Optional<StructValue.Fields> socketMatch) {

  public HealthCheck {
    alpn = List.copyOf(alpn);
  }

  /**
   * When checks are made. All but the jitters are above zero.
   *
   * @param timeout of one
   * @param interval between two of a healthy endpoint
   * @param initialJitter before the first one
   * @param jitter added to each wait
   * @param jitterPercent of each wait that is added
   * @param noTraffic as long as the cluster has never been used; 60 s by default
   * @param noTrafficHealthy the same for an endpoint that is healthy
   * @param unhealthy between two of an unhealthy endpoint
   * @param unhealthyEdge after a failure that did not yet decide
   * @param healthyEdge after a success that did not yet decide
   */
  public record Times(
      Duration timeout,
      Duration interval,
      Duration initialJitter,
      Duration jitter,
      int jitterPercent,
      Duration noTraffic,
      Duration noTrafficHealthy,
      Duration unhealthy,
      Duration unhealthyEdge,
      Duration healthyEdge) {
    /** With Envoy's defaults for the rest. */
    public static Times of(Duration timeout, Duration interval) {
      Duration none = Duration.ofSeconds(60);
      return new Times(
          timeout,
          interval,
          Duration.ZERO,
          Duration.ZERO,
          0,
          none,
          none,
          interval,
          interval,
          interval);
    }
  }

  /** What is asked. */
  public sealed interface Probe {
    /**
     * A request.
     *
     * @param host empty for the cluster's name
     * @param http2 whether HTTP/2 is spoken, and HTTP/1.1 otherwise
     * @param body what is sent; empty for none
     * @param receive must stand in the response's body in this order
     * @param receiveMost so many bytes of the body are looked at; zero: all, to a limit of our own
     * @param expected statuses of success, 200 by default
     * @param retriable statuses that are failures only when they repeat
     * @param service must match {@code x-envoy-upstream-healthchecked-cluster}
     */
    record Http(
        String host,
        String path,
        String method,
        boolean http2,
        ByteString body,
        List<ByteString> receive,
        long receiveMost,
        HeaderMutations headers,
        List<Statuses> expected,
        List<Statuses> retriable,
        Optional<StringMatch> service)
        implements Probe {
      public Http {
        receive = List.copyOf(receive);
        expected = List.copyOf(expected);
        retriable = List.copyOf(retriable);
      }
    }

    /** {@code grpc.health.v1.Health.Check}; an empty authority is the cluster's name. */
    record Grpc(String service, String authority, HeaderMutations headers) implements Probe {}

    /** A connection, and where something is received, an exchange on it. */
    record Tcp(ByteString send, List<ByteString> receive) implements Probe {
      public Tcp {
        receive = List.copyOf(receive);
      }
    }
  }

  /** From the first status to before the second. */
  public record Statuses(int from, int to) {
    /** Whether it is one of them. */
    public boolean include(int status) {
      return status >= from && status < to;
    }
  }

  /**
   * What is written down.
   *
   * @param paths files
   * @param everyFailure also those that change nothing
   * @param everySuccess also those that change nothing
   */
  public record EventLog(List<String> paths, boolean everyFailure, boolean everySuccess) {
    /** Nothing. */
    public static final EventLog NONE = new EventLog(List.of(), false, false);

    public EventLog {
      paths = List.copyOf(paths);
    }
  }

  /**
   * What one endpoint says of its checks ({@code
   * envoy.config.endpoint.v3.Endpoint.HealthCheckConfig}).
   *
   * @param port in the place of every other
   * @param hostname in the place of what the check says; empty for that
   * @param address an IP address in the place of the endpoint's own; empty for that
   * @param disabled whether it is not checked
   */
  public record Target(OptionalInt port, String hostname, String address, boolean disabled) {
    /** Nothing. */
    public static final Target DEFAULT = new Target(OptionalInt.empty(), "", "", false);
  }
}
