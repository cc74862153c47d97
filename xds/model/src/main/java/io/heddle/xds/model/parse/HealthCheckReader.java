package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink;
import io.envoyproxy.envoy.type.v3.CodecClientType;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthCheck.EventLog;
import io.heddle.xds.model.HealthCheck.Probe;
import io.heddle.xds.model.HealthCheck.Statuses;
import io.heddle.xds.model.HealthCheck.Times;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads one entry of {@code health_checks}. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class HealthCheckReader {
  private static final Duration NO_TRAFFIC = Duration.ofSeconds(60);
  private static final long RECEIVE_MOST = 1024;
  private static final String FILE_SINK =
      "envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink";

  private final Findings findings;
  private final Path path;

  HealthCheckReader(Findings findings, Path path) {
    this.findings = findings;
    this.path = path;
  }

  HealthCheck read(io.envoyproxy.envoy.config.core.v3.HealthCheck from) {
    return new HealthCheck(
        times(from),
        threshold(
            from.hasUnhealthyThreshold(),
            from.getUnhealthyThreshold().getValue(),
            "unhealthy_threshold"),
        threshold(
            from.hasHealthyThreshold(), from.getHealthyThreshold().getValue(), "healthy_threshold"),
        from.hasAltPort()
            ? OptionalInt.of(
                findings.bounded(
                    true, from.getAltPort().getValue(), 1, 1, 65_535, path.field("alt_port")))
            : OptionalInt.empty(),
        !from.hasReuseConnection() || from.getReuseConnection().getValue(),
        probe(from),
        events(from),
        from.getTlsOptions().getAlpnProtocolsList(),
        from.hasTransportSocketMatchCriteria()
            ? Optional.of(StructValue.of(from.getTransportSocketMatchCriteria()))
            : Optional.empty());
  }

  private Times times(io.envoyproxy.envoy.config.core.v3.HealthCheck from) {
    Duration timeout = needed(from.hasTimeout(), from.getTimeout(), "timeout");
    Duration interval = needed(from.hasInterval(), from.getInterval(), "interval");
    Duration noTraffic =
        positive(
            from.hasNoTrafficInterval(),
            from.getNoTrafficInterval(),
            NO_TRAFFIC,
            "no_traffic_interval");
    Duration unhealthy =
        positive(
            from.hasUnhealthyInterval(),
            from.getUnhealthyInterval(),
            interval,
            "unhealthy_interval");
    return new Times(
        timeout,
        interval,
        findings.duration(
            from.hasInitialJitter(),
            from.getInitialJitter(),
            Duration.ZERO,
            path.field("initial_jitter")),
        findings.duration(
            from.hasIntervalJitter(),
            from.getIntervalJitter(),
            Duration.ZERO,
            path.field("interval_jitter")),
        // Beyond a thousandfold it is a mistake.
        findings.bounded(
            true,
            from.getIntervalJitterPercent(),
            0,
            0,
            100_000,
            path.field("interval_jitter_percent")),
        noTraffic,
        positive(
            from.hasNoTrafficHealthyInterval(),
            from.getNoTrafficHealthyInterval(),
            noTraffic,
            "no_traffic_healthy_interval"),
        unhealthy,
        positive(
            from.hasUnhealthyEdgeInterval(),
            from.getUnhealthyEdgeInterval(),
            unhealthy,
            "unhealthy_edge_interval"),
        positive(
            from.hasHealthyEdgeInterval(),
            from.getHealthyEdgeInterval(),
            interval,
            "healthy_edge_interval"));
  }

  private Duration needed(boolean set, com.google.protobuf.Duration value, String field) {
    if (!set) {
      findings.error(path.field(field), "nothing", "a duration above zero");
      return Duration.ofSeconds(1);
    }
    return positive(true, value, Duration.ofSeconds(1), field);
  }

  private Duration positive(
      boolean set, com.google.protobuf.Duration value, Duration absent, String field) {
    return findings.positive(set, value, absent, path.field(field));
  }

  private long threshold(boolean set, int value, String field) {
    if (!set) {
      findings.error(path.field(field), "nothing", "a number");
      return 1;
    }
    // Envoy never comes to a threshold of zero by counting.
    return findings.bounded(true, value, 1, 1, Integer.MAX_VALUE, path.field(field));
  }

  private Probe probe(io.envoyproxy.envoy.config.core.v3.HealthCheck from) {
    return switch (from.getHealthCheckerCase()) {
      case HTTP_HEALTH_CHECK -> http(from.getHttpHealthCheck(), path.field("http_health_check"));
      case GRPC_HEALTH_CHECK -> {
        var grpc = from.getGrpcHealthCheck();
        Path here = path.field("grpc_health_check");
        yield new Probe.Grpc(
            grpc.getServiceName(),
            grpc.getAuthority(),
            constant(
                new HeaderMutations(
                    HeaderReader.additions(
                        grpc.getInitialMetadataList(), "initial_metadata", here, findings),
                    List.of()),
                "initial_metadata",
                here));
      }
      case TCP_HEALTH_CHECK -> {
        var tcp = from.getTcpHealthCheck();
        Path here = path.field("tcp_health_check");
        yield new Probe.Tcp(
            tcp.hasSend() ? payload(tcp.getSend(), here.field("send")) : ByteString.EMPTY,
            payloads(tcp.getReceiveList(), here));
      }
      case CUSTOM_HEALTH_CHECK, HEALTHCHECKER_NOT_SET -> {
        if (!from.hasCustomHealthCheck()) {
          findings.error(
              path, "no check", "http_health_check, grpc_health_check or tcp_health_check");
        }
        yield new Probe.Tcp(ByteString.EMPTY, List.of());
      }
    };
  }

  private Probe http(
      io.envoyproxy.envoy.config.core.v3.HealthCheck.HttpHealthCheck from, Path here) {
    String method =
        switch (from.getMethod()) {
          case METHOD_UNSPECIFIED, GET -> "GET";
          case HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH -> from.getMethod().name();
          case CONNECT, UNRECOGNIZED -> {
            findings.error(
                here.field("method"),
                from.getMethod() == RequestMethod.CONNECT
                    ? "CONNECT"
                    : Integer.toString(from.getMethodValue()),
                "a method other than CONNECT");
            yield "GET";
          }
        };
    ByteString body =
        from.hasSend() ? payload(from.getSend(), here.field("send")) : ByteString.EMPTY;
    if (!body.isEmpty() && !List.of("POST", "PUT", "PATCH", "OPTIONS").contains(method)) {
      findings.error(here.field("send"), "with " + method, "POST, PUT, PATCH or OPTIONS");
    }
    List<ByteString> receive = payloads(from.getReceiveList(), here);
    long most =
        from.hasResponseBufferSize() ? from.getResponseBufferSize().getValue() : RECEIVE_MOST;
    long wanted = receive.stream().mapToLong(ByteString::size).sum();
    if (Long.compareUnsigned(most, Integer.MAX_VALUE) > 0 || (most != 0 && wanted > most)) {
      findings.error(
          here.field("response_buffer_size"),
          Long.toUnsignedString(most),
          "0, or at least the " + wanted + " bytes of receive, and at most 2147483647");
      most = RECEIVE_MOST;
    }
    boolean http2 = from.getCodecClientType() == CodecClientType.HTTP2;
    if (!http2 && from.getCodecClientType() != CodecClientType.HTTP1) {
      findings.refuse(here.field("codec_client_type"), from.getCodecClientType().name());
    }
    List<Statuses> expected = statuses(from.getExpectedStatusesList(), "expected_statuses", here);
    return new Probe.Http(
        header(from.getHost(), here.field("host")),
        header(findings.required(from.getPath(), here.field("path")), here.field("path")),
        method,
        http2,
        body,
        receive,
        most,
        constant(
            HeaderReader.mutations(
                from.getRequestHeadersToAddList(),
                from.getRequestHeadersToRemoveList(),
                "request",
                here,
                findings),
            "request_headers_to_add",
            here),
        expected.isEmpty() ? List.of(new Statuses(200, 201)) : expected,
        statuses(from.getRetriableStatusesList(), "retriable_statuses", here),
        from.hasServiceNameMatcher()
            ? Optional.of(
                new MatchReader(findings)
                    .string(from.getServiceNameMatcher(), here.field("service_name_matcher")))
            : Optional.empty());
  }

  /** There is no request of a client that a command could tell of. */
  private HeaderMutations constant(HeaderMutations edits, String field, Path here) {
    for (int i = 0; i < edits.add().size(); i++) {
      String value = edits.add().get(i).value();
      if (value.indexOf('%') >= 0) {
        findings.error(
            here.at(field, i).field("header").field("value"), value, "a value without a command");
      }
    }
    return edits;
  }

  private String header(String value, Path here) {
    if (!value.chars().allMatch(c -> c > ' ' && c < 127)) {
      findings.error(here, value, "visible ASCII without spaces");
      return "";
    }
    return value;
  }

  private List<Statuses> statuses(List<Int64Range> ranges, String field, Path here) {
    List<Statuses> read = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      Int64Range range = ranges.get(i);
      if (range.getStart() < 100 || range.getEnd() > 600 || range.getStart() >= range.getEnd()) {
        findings.error(
            here.at(field, i),
            range.getStart() + " to " + range.getEnd(),
            "a start from 100 on below an end of at most 600");
      } else {
        read.add(new Statuses((int) range.getStart(), (int) range.getEnd()));
      }
    }
    return read;
  }

  private List<ByteString> payloads(
      List<io.envoyproxy.envoy.config.core.v3.HealthCheck.Payload> payloads, Path here) {
    List<ByteString> read = new ArrayList<>();
    for (int i = 0; i < payloads.size(); i++) {
      read.add(payload(payloads.get(i), here.at("receive", i)));
    }
    return read;
  }

  private ByteString payload(
      io.envoyproxy.envoy.config.core.v3.HealthCheck.Payload payload, Path here) {
    return switch (payload.getPayloadCase()) {
      case BINARY -> payload.getBinary();
      case TEXT -> {
        try {
          yield ByteString.copyFrom(HexFormat.of().parseHex(payload.getText()));
        } catch (IllegalArgumentException _) {
          findings.error(here.field("text"), payload.getText(), "bytes in hexadecimal");
          yield ByteString.EMPTY;
        }
      }
      case PAYLOAD_NOT_SET -> {
        findings.error(here, "no bytes", "text or binary");
        yield ByteString.EMPTY;
      }
    };
  }

  private EventLog events(io.envoyproxy.envoy.config.core.v3.HealthCheck from) {
    List<String> paths = new ArrayList<>();
    if (!from.getEventLogPath().isEmpty()) {
      paths.add(from.getEventLogPath());
    }
    for (int i = 0; i < from.getEventLoggerCount(); i++) {
      TypedExtensionConfig sink = from.getEventLogger(i);
      Path here = path.at("event_logger", i).field("typed_config");
      Any any = sink.getTypedConfig();
      if (!ExtensionReader.typeName(any).equals(FILE_SINK)) {
        findings.error(here, any.getTypeUrl(), FILE_SINK);
        continue;
      }
      findings
          .unpack(any, FILE_SINK, HealthCheckEventFileSink.parser(), here)
          .ifPresent(file ->
              paths.add(findings.required(file.getEventLogPath(), here.field("event_log_path"))));
    }
    return new EventLog(
        paths, from.getAlwaysLogHealthCheckFailures(), from.getAlwaysLogHealthCheckSuccess());
  }
}
