package io.heddle.control.api.resource;

import java.util.List;

/**
 * {@code healthCheck.active} of a {@code BackendTrafficPolicy}: how every proxy that calls a
 * Service asks its instances whether they are well.
 *
 * @param asked what is asked; {@link Asked.Nothing} where nobody is asked
 * @param timeout of an answer
 * @param interval between two questions
 * @param jitter before the first one
 * @param unhealthyAfter so many failures in a row; -1: not stated
 * @param healthyAfter so many successes in a row; -1: not stated
 */
public record ActiveCheck(
    Asked asked,
    RouteTimeout timeout,
    RouteTimeout interval,
    RouteTimeout jitter,
    int unhealthyAfter,
    int healthyAfter) {
  /** Nobody is asked. */
  public static final ActiveCheck NONE =
      new ActiveCheck(
          Asked.Nothing.NOTHING,
          RouteTimeout.UNSET,
          RouteTimeout.UNSET,
          RouteTimeout.UNSET,
          -1,
          -1);

  /** Whether anybody is asked. */
  public boolean stated() {
    return asked != Asked.Nothing.NOTHING;
  }

  /** {@code type}, and what belongs to it. */
  public sealed interface Asked {
    /** Nobody is asked. */
    enum Nothing implements Asked {
      NOTHING
    }

    /**
     * A request.
     *
     * @param hostname empty for the Service's name
     * @param method empty for GET
     * @param statuses of success; empty for 200
     * @param response what its body must hold
     */
    record Http(
        String hostname, String path, String method, List<Integer> statuses, Payload response)
        implements Asked {
      public Http {
        statuses = List.copyOf(statuses);
      }
    }

    /** A connection, and where something is received, an exchange on it. */
    record Tcp(Payload send, Payload receive) implements Asked {}

    /** The health service of gRPC; an empty name asks for the server as a whole. */
    record Grpc(String service) implements Asked {}
  }

  /**
   * Bytes.
   *
   * @param value the text, or the bytes in base64
   */
  public record Payload(PayloadType type, String value) {
    /** No bytes. */
    public static final Payload NONE = new Payload(PayloadType.NONE, "");
  }

  /** {@code type} of a payload. */
  public enum PayloadType {
    NONE(""),
    TEXT("Text"),
    BINARY("Binary");

    private final String text;

    PayloadType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
