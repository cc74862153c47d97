package io.heddle.control.api.document;

import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.ClientTrafficPolicySpec.EscapedSlashes;
import io.heddle.control.api.resource.ClientTrafficPolicySpec.Http2;
import io.heddle.control.api.resource.ClientTrafficPolicySpec.Timeouts;
import io.heddle.control.api.resource.ClientTrafficPolicySpec.TlsLimits;
import io.heddle.control.api.resource.ClientTrafficPolicySpec.Underscores;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.PolicySpec.Mode;
import io.heddle.control.api.resource.PolicySpec.Target;
import io.heddle.control.api.resource.RouteTimeout;
import java.util.List;
import java.util.Map;

/** Reads the spec of a {@code ClientTrafficPolicy}. */
final class ClientTrafficPolicyReader {
  private static final List<Kind> TARGETS = List.of(Kind.GATEWAY, Kind.LISTENER_SET);
  private static final Map<String, Underscores> UNDERSCORES =
      PolicyReader.choices(Underscores.values(), Underscores::text);
  private static final Map<String, EscapedSlashes> SLASHES =
      PolicyReader.choices(EscapedSlashes.values(), EscapedSlashes::text);
  private static final Syntax QUANTITY =
      Syntax.matching("bytes such as 32Ki or 1Mi", "[1-9][0-9]{0,7}(Ki|Mi)?", 12);
  private static final Syntax VERSION = Syntax.matching("\"1.2\" or \"1.3\"", "1\\.[23]", 3);
  private static final Syntax ALPN = Syntax.matching("h2 or http/1.1", "h2|http/1\\.1", 8);
  private static final int MOST_WINDOW = Integer.MAX_VALUE;

  private ClientTrafficPolicyReader() {}

  static ClientTrafficPolicySpec read(Fields spec) {
    List<Target> targets = PolicyReader.targets(spec, TARGETS);
    Mode mode = PolicyReader.mode(spec);
    Timeouts timeouts = timeouts(spec.mapping("timeout"));
    Fields connection = spec.mapping("connection");
    int buffer = bytes(connection, "bufferLimit");
    connection.notYet("connectionLimit", "socketBufferLimit", "maxAcceptPerSocketEvent");
    connection.end();
    Fields headers = spec.mapping("headers");
    Underscores underscores =
        headers.choice("withUnderscoresAction", UNDERSCORES, Underscores.UNSET);
    headers.notYet(
        "enableEnvoyHeaders",
        "disableRateLimitHeaders",
        "xForwardedClientCert",
        "preserveXRequestID",
        "requestID",
        "earlyRequestHeaders",
        "lateResponseHeaders");
    headers.end();
    Fields path = spec.mapping("path");
    EscapedSlashes slashes = path.choice("escapedSlashesAction", SLASHES, EscapedSlashes.UNSET);
    boolean keep = path.flag("disableMergeSlashes", false);
    path.end();
    Fields detection = spec.mapping("clientIPDetection");
    Fields forwarded = detection.mapping("xForwardedFor");
    int hops = forwarded.integer("numTrustedHops", 0, 64, 0);
    forwarded.notYet("trustedCIDRs");
    forwarded.end();
    detection.notYet("customHeader");
    detection.end();
    Http2 http2 = http2(spec.mapping("http2"));
    TlsLimits tls = tls(spec.mapping("tls"));
    spec.notYet(
        "targetSelectors",
        "tcpKeepalive",
        "enableProxyProtocol",
        "proxyProtocol",
        "http1",
        "http3",
        "healthCheck",
        "scheme");
    spec.end();
    return new ClientTrafficPolicySpec(
        targets, mode, timeouts, buffer, underscores, slashes, keep, hops, http2, tls);
  }

  private static Timeouts timeouts(Fields timeout) {
    Fields http = timeout.mapping("http");
    RouteTimeout received = HttpRouteReader.timeout(http, "requestReceivedTimeout");
    RouteTimeout idle = HttpRouteReader.timeout(http, "idleTimeout");
    RouteTimeout streamIdle = HttpRouteReader.timeout(http, "streamIdleTimeout");
    http.end();
    Fields tcp = timeout.mapping("tcp");
    RouteTimeout tcpIdle = HttpRouteReader.timeout(tcp, "idleTimeout");
    tcp.end();
    timeout.end();
    return new Timeouts(received, idle, streamIdle, tcpIdle);
  }

  private static Http2 http2(Fields http2) {
    Http2 read =
        new Http2(
            window(http2, "initialStreamWindowSize"),
            window(http2, "initialConnectionWindowSize"),
            http2.integer("maxConcurrentStreams", 1, MOST_WINDOW, 0));
    http2.notYet("onInvalidMessage", "connectionKeepalive");
    http2.end();
    return read;
  }

  /** RFC 9113, 6.9.2: a window begins with 65,535 bytes at least where Envoy takes it. */
  private static int window(Fields http2, String field) {
    int bytes = bytes(http2, field);
    if (bytes > 0 && bytes < 65_535) {
      http2.wrong(field, String.valueOf(bytes), "at least 65535 bytes");
    }
    return bytes;
  }

  /** Bytes such as 32Ki; zero where nothing is stated, or what is stated is reported. */
  static int bytes(Fields fields, String field) {
    String text = fields.text(field, QUANTITY);
    if (!QUANTITY.admits(text)) {
      return 0; // absent, or reported
    }
    int digits = 0;
    while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
      digits++;
    }
    long unit = text.endsWith("Ki") ? 1L << 10 : text.endsWith("Mi") ? 1L << 20 : 1;
    long bytes = Long.parseLong(text.substring(0, digits)) * unit;
    if (bytes > MOST_WINDOW) {
      fields.wrong(field, text, "less than 2048Mi");
      return 0;
    }
    return (int) bytes;
  }

  private static TlsLimits tls(Fields tls) {
    String least = tls.text("minVersion", VERSION);
    String most = tls.text("maxVersion", VERSION);
    List<String> ciphers = tls.texts("ciphers", 64, Syntax.TOKEN);
    List<String> alpn = tls.texts("alpnProtocols", 2, ALPN);
    tls.notYet("ecdhCurves", "signatureAlgorithms", "clientValidation", "session", "fingerprints");
    tls.end();
    if (!least.isEmpty() && !most.isEmpty() && least.compareTo(most) > 0) {
      tls.wrong("minVersion", least, "at most " + most);
    }
    return new TlsLimits(least, most, ciphers, alpn);
  }
}
