package io.heddle.control.api.resource;

import java.util.List;

/**
 * How a Gateway treats its clients ({@code heddle.io/v1alpha1 ClientTrafficPolicy}, with the field
 * names of Envoy Gateway). What is not stated stays at Heddle's safe values.
 *
 * @param targets Gateways and ListenerSets, or single listeners
 * @param bufferLimit bytes a connection, zero: not stated
 * @param trustedHops proxies in front whose {@code x-forwarded-for} is believed; zero: none
 */
public record ClientTrafficPolicySpec(
    List<Target> targets,
    Mode mode,
    Timeouts timeouts,
    int bufferLimit,
    Underscores underscores,
    EscapedSlashes escapedSlashes,
    boolean keepSlashes,
    int trustedHops,
    Http2 http2,
    TlsLimits tls)
    implements PolicySpec {
  public ClientTrafficPolicySpec {
    targets = List.copyOf(targets);
  }

  @Override
  public Kind kind() {
    return Kind.CLIENT_TRAFFIC_POLICY;
  }

  /**
   * {@code timeout}.
   *
   * @param requestReceived until a whole request is here
   * @param idle of a connection without requests
   * @param streamIdle of a request on which nothing moves
   * @param tcpIdle of a connection of TCP on which nothing moves
   */
  public record Timeouts(
      RouteTimeout requestReceived,
      RouteTimeout idle,
      RouteTimeout streamIdle,
      RouteTimeout tcpIdle) {}

  /** {@code headers.withUnderscoresAction}. */
  public enum Underscores {
    UNSET(""),
    ALLOW("Allow"),
    REJECT_REQUEST("RejectRequest"),
    DROP_HEADER("DropHeader");

    private final String text;

    Underscores(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** {@code path.escapedSlashesAction}. */
  public enum EscapedSlashes {
    UNSET(""),
    KEEP_UNCHANGED("KeepUnchanged"),
    REJECT_REQUEST("RejectRequest"),
    UNESCAPE_AND_FORWARD("UnescapeAndForward"),
    UNESCAPE_AND_REDIRECT("UnescapeAndRedirect");

    private final String text;

    EscapedSlashes(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** {@code http2}; zero: not stated. */
  public record Http2(int streamWindow, int connectionWindow, int concurrentStreams) {}

  /**
   * {@code tls}.
   *
   * @param least {@code 1.2}, {@code 1.3} or empty
   * @param most as {@code least}
   * @param alpn empty: h2 and http/1.1
   */
  public record TlsLimits(String least, String most, List<String> ciphers, List<String> alpn) {
    public TlsLimits {
      ciphers = List.copyOf(ciphers);
      alpn = List.copyOf(alpn);
    }
  }
}
