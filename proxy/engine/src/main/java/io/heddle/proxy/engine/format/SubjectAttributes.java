package io.heddle.proxy.engine.format;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.Attributes;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TlsInfo;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Envoy's attributes of a {@link Subject}, looked up as someone asks for them. Owned by one event
 * loop.
 */
final class SubjectAttributes implements Attributes {
  /** Envoy has them, and they are not known here. */
  static final Set<String> UNKNOWN =
      Set.of(
          "response.backend_latency",
          "upstream.locality",
          "upstream.cx_pool_ready_duration",
          "upstream.num_endpoints",
          "metadata.typed_filter_metadata",
          "xds.node",
          "xds.upstream_host_locality_metadata");

  /** Nothing under it is known here. */
  static final String UNKNOWN_ROOT = "upstream_filter_state.";

  private static final HeaderName REQUEST_ID = HeaderName.of("x-request-id");
  private static final HeaderName REFERER = HeaderName.of("referer");
  private static final HeaderName USER_AGENT = HeaderName.of("user-agent");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");

  private static final List<String> REQUEST_NAMES =
      List.of(":authority", ":path", ":method", ":scheme");

  /** Bits of {@code response.flags}, the lowest first. */
  private static final List<String> FLAGS =
      List.of(
          "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE",
          "DC", "URX", "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF",
          "DO", "DR", "UDO");

  private final Subject subject;

  SubjectAttributes(Subject subject) {
    this.subject = subject;
  }

  @Override
  public Optional<Object> value(String root, String name) {
    return Optional.ofNullable(
        switch (root) {
          case "request" -> request(name);
          case "response" -> response(name);
          case "connection" -> connection(name);
          case "upstream" -> upstream(name);
          case "source" -> end(subject.connection().remoteAddress(), name);
          case "destination" -> end(subject.connection().localAddress(), name);
          case "metadata" ->
              name.equals("filter_metadata") ? MetadataAttributes.of(subject::metadata) : null;
          case "filter_state" -> filterState(name);
          case "xds" -> xds(name);
          default -> null;
        });
  }

  private @Nullable Object request(String name) {
    RequestHeaders head = subject.requestHead();
    return switch (name) {
      case "headers" -> headers(head);
      case "headers_bytes" -> requestBytes(head);
      case "time" ->
          Instant.ofEpochSecond(
              Math.floorDiv(subject.startEpochNanos(), 1_000_000_000L),
              Math.floorMod(subject.startEpochNanos(), 1_000_000_000L));
      case "duration" -> Duration.ofNanos(subject.durationNanos());
      case "protocol" -> subject.protocol();
      case "total_size" -> subject.bytesReceived() + requestBytes(head);
      case "size" -> size(head);
      default -> head == null ? null : ofHead(name, head);
    };
  }

  private static @Nullable Object ofHead(String name, RequestHeaders head) {
    return switch (name) {
      case "path" -> head.path();
      case "url_path" -> cut(head.path(), '?');
      case "query" -> {
        int question = head.path().indexOf('?');
        yield question < 0 ? "" : cut(head.path().substring(question + 1), '#');
      }
      case "host" -> text(head.authority());
      case "scheme" -> text(head.scheme());
      case "method" -> head.method();
      case "referer" -> head.first(REFERER).orElse(null);
      case "useragent" -> head.first(USER_AGENT).orElse(null);
      case "id" -> head.first(REQUEST_ID).orElse(null);
      default -> null;
    };
  }

  private static @Nullable String text(String value) {
    return value.isEmpty() ? null : value;
  }

  private static String cut(String text, char at) {
    int end = text.indexOf(at);
    return end < 0 ? text : text.substring(0, end);
  }

  /** What the client said, or what came. */
  private @Nullable Object size(@Nullable RequestHeaders head) {
    String said = head == null ? "" : head.first(CONTENT_LENGTH).orElse("");
    if (said.isEmpty()) {
      return subject.bytesReceived();
    }
    try {
      return Long.parseLong(said);
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  private static long requestBytes(@Nullable RequestHeaders head) {
    if (head == null) {
      return 0;
    }
    return bytes(head)
        + pseudo(":path", head.path())
        + pseudo(":method", head.method())
        + pseudo(":scheme", head.scheme())
        + pseudo(":authority", head.authority());
  }

  private static long responseBytes(@Nullable ResponseHeaders head) {
    return head == null ? 0 : bytes(head) + pseudo(":status", "200");
  }

  private static long pseudo(String name, String value) {
    return value.isEmpty() ? 0 : name.length() + value.length();
  }

  /** Names and values, as Envoy counts them. */
  private static long bytes(@Nullable HeaderMap headers) {
    if (headers == null) {
      return 0;
    }
    long[] sum = {0};
    headers.forEach((name, value) -> {
      // It stands among the pseudo-headers.
      if (!name.equals("host")) {
        sum[0] += name.length() + value.length();
      }
    });
    return sum[0];
  }

  /** Lower-case names; the values of one that is there several times, joined by commas. */
  private static Map<String, Object> headers(@Nullable HeaderMap headers) {
    if (headers == null) {
      return Map.of();
    }
    return new AttributeMap(
        () -> {
          Set<String> names = new LinkedHashSet<>();
          if (headers instanceof RequestHeaders head) {
            names.addAll(REQUEST_NAMES);
            if (head.authority().isEmpty()) {
              names.remove(":authority");
            }
          } else if (headers instanceof ResponseHeaders) {
            names.add(":status");
          }
          headers.forEach((name, _) -> {
            if (!name.equals("host")) {
              names.add(name);
            }
          });
          return names;
        },
        name -> {
          HeaderName parsed;
          try {
            parsed = HeaderName.of(name);
          } catch (IllegalArgumentException notAName) {
            return null;
          }
          if (parsed.pseudo()) {
            return headers.first(parsed).orElse(null);
          }
          List<String> all = headers.all(parsed);
          return all.isEmpty() ? null : String.join(",", all);
        });
  }

  private @Nullable Object response(String name) {
    return switch (name) {
      case "code" -> subject.responseCode() == 0 ? null : (long) subject.responseCode();
      case "code_details" -> subject.responseCodeDetails();
      case "headers" -> headers(subject.responseHead());
      case "headers_bytes" -> responseBytes(subject.responseHead());
      case "trailers" -> headers(subject.responseTrailers());
      case "size" -> subject.bytesSent();
      case "total_size" ->
          subject.bytesSent()
              + responseBytes(subject.responseHead())
              + bytes(subject.responseTrailers());
      case "flags" -> flags();
      case "grpc_status" -> grpcStatus();
      default -> null;
    };
  }

  // Bits of a set.
  @SuppressWarnings("EnumOrdinal")
  private long flags() {
    long bits = 0;
    for (ResponseFlag flag : ResponseFlag.values()) {
      int bit = FLAGS.indexOf(flag.code());
      if (bit >= 0 && (subject.flagBits() & 1 << flag.ordinal()) != 0) {
        bits |= 1L << bit;
      }
    }
    return bits;
  }

  private @Nullable Object grpcStatus() {
    OptionalInt said = RareOperators.grpcStatusSaid(subject);
    if (said.isPresent()) {
      return (long) said.getAsInt();
    }
    return subject.responseCode() == 0
        ? null
        // A gRPC response without a status is none, whatever HTTP says.
        : subject.responseCode() == 200
            ? 2L
            : (long) RareOperators.grpcStatusOf(subject.responseCode());
  }

  private @Nullable Object connection(String name) {
    ConnectionInfo info = subject.connection();
    return switch (name) {
      case "id" -> info.id();
      case "mtls" -> info.tls().flatMap(TlsInfo::peer).isPresent();
      case "requested_server_name" -> info.serverName().orElse("");
      case "transport_failure_reason" -> subject.downstreamFailure();
      case "termination_details" ->
          subject.requestHead() == null ? subject.responseCodeDetails() : null;
      default -> info.tls().map(tls -> tls(name, tls)).orElse(null);
    };
  }

  private static @Nullable Object tls(String name, TlsInfo tls) {
    return switch (name) {
      case "tls_version" -> tls.version();
      case "subject_local_certificate" -> tls.local().map(CertificateInfo::subject).orElse("");
      case "subject_peer_certificate" -> tls.peer().map(CertificateInfo::subject).orElse("");
      case "uri_san_local_certificate" -> first(tls.local(), CertificateInfo::uriSans);
      case "uri_san_peer_certificate" -> first(tls.peer(), CertificateInfo::uriSans);
      case "dns_san_local_certificate" -> first(tls.local(), CertificateInfo::dnsSans);
      case "dns_san_peer_certificate" -> first(tls.peer(), CertificateInfo::dnsSans);
      case "sha256_peer_certificate_digest" -> tls.peer().map(CertificateInfo::sha256).orElse(null);
      default -> null;
    };
  }

  private static @Nullable String first(
      Optional<? extends CertificateInfo> of,
      Function<? super CertificateInfo, List<String>> names) {
    return of.map(names).filter(all -> !all.isEmpty()).map(List::getFirst).orElse(null);
  }

  private @Nullable Object upstream(String name) {
    String host = subject.upstreamHost();
    InetSocketAddress local = subject.upstreamLocalAddress();
    return switch (name) {
      case "address" -> host;
      case "port" -> host == null ? null : port(host);
      case "local_address" -> local == null ? null : Operators.addressText(local, true);
      case "transport_failure_reason" -> {
        String failure = subject.upstreamFailure();
        yield failure == null && subject.attempts() > 0 ? "" : failure;
      }
      case "request_attempt_count" -> (long) subject.attempts();
      default -> {
        TlsInfo tls = subject.upstreamTls();
        yield tls == null ? null : tls(name, tls);
      }
    };
  }

  private static @Nullable Object port(String host) {
    try {
      return Long.parseLong(host.substring(host.lastIndexOf(':') + 1));
    } catch (NumberFormatException aPath) {
      return null;
    }
  }

  private static @Nullable Object end(InetSocketAddress address, String name) {
    return switch (name) {
      case "address" -> Operators.addressText(address, true);
      case "port" -> (long) address.getPort();
      default -> null;
    };
  }

  /** Other filters than ours see bytes, as they do with Envoy. */
  private @Nullable Object filterState(String name) {
    String text = subject.filterStateText(name);
    return text == null ? null : ByteString.copyFrom(text, StandardCharsets.UTF_8);
  }

  private @Nullable Object xds(String name) {
    return switch (name) {
      case "cluster_name" -> subject.upstreamCluster();
      case "route_name" -> subject.routeName();
      case "virtual_host_name" -> subject.virtualHostName();
      case "upstream_host_metadata" ->
          metadata(subject.upstreamHost() != null, subject::hostMetadata);
      case "cluster_metadata" ->
          metadata(subject.upstreamCluster() != null, subject::clusterMetadata);
      case "route_metadata" -> metadata(subject.routeName() != null, subject::routeMetadata);
      case "virtual_host_metadata" ->
          metadata(subject.virtualHostName() != null, subject::virtualHostMetadata);
      case "listener_metadata" ->
          metadata(subject.connection().filterChainName().isPresent(), subject::listenerMetadata);
      case "filter_chain_name" -> subject.connection().filterChainName().orElse(null);
      case "listener_direction" -> direction(subject.connection().trafficDirection());
      default -> null;
    };
  }

  /** By the numbers of {@code envoy.config.core.v3.TrafficDirection}. */
  private static long direction(ConnectionInfo.TrafficDirection direction) {
    return switch (direction) {
      case UNSPECIFIED -> 0;
      case INBOUND -> 1;
      case OUTBOUND -> 2;
    };
  }

  /** The message with metadata, where there is what has it. */
  private static @Nullable Object metadata(boolean there, MetadataAttributes.Source of) {
    return there ? Map.of("filter_metadata", MetadataAttributes.of(of)) : null;
  }
}
