package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.ClientAddress;
import io.heddle.xds.model.HttpConnectionManagerConfig.Codec;
import io.heddle.xds.model.HttpConnectionManagerConfig.ForwardedCertificate;
import io.heddle.xds.model.HttpConnectionManagerConfig.HeadersWithUnderscores;
import io.heddle.xds.model.HttpConnectionManagerConfig.Http1Options;
import io.heddle.xds.model.HttpConnectionManagerConfig.Limits;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization.EscapedSlashes;
import io.heddle.xds.model.HttpConnectionManagerConfig.RequestId;
import io.heddle.xds.model.HttpConnectionManagerConfig.RouterConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.ServerHeader;
import io.heddle.xds.model.HttpConnectionManagerConfig.Timeouts;
import io.heddle.xds.model.HttpConnectionManagerConfig.Upgrade;
import io.heddle.xds.model.HttpConnectionManagerConfig.Upgrades;
import io.heddle.xds.model.LogMoments;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads an HTTP connection manager, whose encoding the guard has walked. */
final class HttpConnectionManagerReader {
  private static final RouteTable NO_ROUTES =
      new RouteTable(
          "",
          List.of(),
          false,
          false,
          false,
          io.heddle.xds.model.HeaderMutations.NONE,
          io.heddle.xds.model.HeaderMutations.NONE,
          List.of(),
          Map.of());

  private final Findings findings;
  private final HttpFiltersReader filters;

  HttpConnectionManagerReader(Findings findings) {
    this.findings = findings;
    this.filters = new HttpFiltersReader(findings);
  }

  HttpConnectionManagerConfig read(String name, HttpConnectionManager http, Path path) {
    if (http.getStripMatchingHostPort() && http.getStripAnyHostPort()) {
      findings.error(
          path.field("strip_matching_host_port"), "true", "false beside strip_any_host_port");
    }
    RouterConfig router = filters.router(http.getHttpFiltersList(), "http_filters", path);
    return new HttpConnectionManagerConfig(
        name,
        findings.required(http.getStatPrefix(), path.field("stat_prefix")),
        codec(http, path),
        routes(http, path),
        filters.read(http.getHttpFiltersList(), "http_filters", path),
        router,
        AccessLogReader.read(http.getAccessLogList(), path, findings),
        timeouts(http, path),
        limits(http, path),
        http1(http.getHttpProtocolOptions()),
        clientAddress(http, path),
        new RequestId(
            !http.hasGenerateRequestId() || http.getGenerateRequestId().getValue(),
            http.getPreserveExternalRequestId(),
            http.getAlwaysSetRequestIdInResponse()),
        upgrades(http, router, path),
        serverHeader(http, path),
        pathNormalization(http, path),
        underscores(http.getCommonHttpProtocolOptions(), path),
        http.getStripAnyHostPort(),
        http.getStripMatchingHostPort(),
        http.getAddUserAgent().getValue(),
        fieldValue(http.getVia(), path.field("via")),
        Http2OptionsReader.read(
            http.getHttp2ProtocolOptions(), path.field("http2_protocol_options"), findings),
        http.getStripTrailingHostDot(),
        new LocalReplyReader(findings)
            .read(http.getLocalReplyConfig(), path.field("local_reply_config")),
        moments(http, path));
  }

  /** Both ways to say it; the newer one counts. */
  @SuppressWarnings("deprecation") // The older one.
  private LogMoments moments(HttpConnectionManager http, Path path) {
    boolean grouped = http.hasAccessLogOptions();
    var options = http.getAccessLogOptions();
    Duration every =
        AccessLogReader.interval(
            grouped ? options.hasAccessLogFlushInterval() : http.hasAccessLogFlushInterval(),
            grouped ? options.getAccessLogFlushInterval() : http.getAccessLogFlushInterval(),
            grouped ? path.field("access_log_options") : path,
            findings);
    return new LogMoments(
        grouped ? options.getFlushAccessLogOnNewRequest() : http.getFlushAccessLogOnNewRequest(),
        every,
        options.getFlushLogOnTunnelSuccessfullyEstablished());
  }

  private Codec codec(HttpConnectionManager http, Path path) {
    return switch (http.getCodecType()) {
      case AUTO -> Codec.AUTO;
      case HTTP1 -> Codec.HTTP1;
      case HTTP2 -> Codec.HTTP2;
      case HTTP3 -> {
        findings.error(
            path.field("codec_type"),
            http.getCodecType().name(),
            "AUTO, HTTP1 or HTTP2, as others are not supported");
        yield Codec.AUTO;
      }
      case UNRECOGNIZED -> {
        findings.error(
            path.field("codec_type"),
            Integer.toString(http.getCodecTypeValue()),
            "AUTO, HTTP1 or HTTP2");
        yield Codec.AUTO;
      }
    };
  }

  private RouteSource routes(HttpConnectionManager http, Path path) {
    return switch (http.getRouteSpecifierCase()) {
      case RDS -> {
        Rds rds = http.getRds();
        Path here = path.field("rds");
        findings.required(rds.getRouteConfigName(), here.field("route_config_name"));
        findings.fetched(rds.getRouteConfigName(), here.field("route_config_name"));
        SourceConfig source =
            SourceReader.read(
                rds.hasConfigSource(),
                rds.getConfigSource(),
                here.field("config_source"),
                findings);
        yield new RouteSource.Rds(
            rds.getRouteConfigName(), source.initialFetchTimeout(), source.origin());
      }
      case ROUTE_CONFIG ->
          new RouteSource.Inline(
              new RouteReader(findings, true)
                  .table(http.getRouteConfig(), path.field("route_config")));
      case ROUTESPECIFIER_NOT_SET -> {
        findings.error(path, "no routes", "rds, route_config or scoped_routes");
        yield new RouteSource.Inline(NO_ROUTES);
      }
      case SCOPED_ROUTES ->
          new ScopeReader(findings).source(http.getScopedRoutes(), path.field("scoped_routes"));
    };
  }

  private Timeouts timeouts(HttpConnectionManager http, Path path) {
    HttpProtocolOptions common = http.getCommonHttpProtocolOptions();
    Path of = path.field("common_http_protocol_options");
    return new Timeouts(
        findings.duration(
            http.hasRequestTimeout(),
            http.getRequestTimeout(),
            Duration.ZERO,
            path.field("request_timeout")),
        findings.duration(
            http.hasRequestHeadersTimeout(),
            http.getRequestHeadersTimeout(),
            Duration.ZERO,
            path.field("request_headers_timeout")),
        findings.duration(
            http.hasStreamIdleTimeout(),
            http.getStreamIdleTimeout(),
            Duration.ofMinutes(5),
            path.field("stream_idle_timeout")),
        findings.duration(
            common.hasIdleTimeout(),
            common.getIdleTimeout(),
            Duration.ofHours(1),
            of.field("idle_timeout")),
        findings.duration(
            common.hasMaxConnectionDuration(),
            common.getMaxConnectionDuration(),
            Duration.ZERO,
            of.field("max_connection_duration")),
        findings.duration(
            common.hasMaxStreamDuration(),
            common.getMaxStreamDuration(),
            Duration.ZERO,
            of.field("max_stream_duration")),
        findings.duration(
            http.hasDelayedCloseTimeout(),
            http.getDelayedCloseTimeout(),
            Duration.ofSeconds(1),
            path.field("delayed_close_timeout")),
        findings.duration(
            http.hasDrainTimeout(),
            http.getDrainTimeout(),
            Duration.ofSeconds(5),
            path.field("drain_timeout")));
  }

  private Limits limits(HttpConnectionManager http, Path path) {
    HttpProtocolOptions common = http.getCommonHttpProtocolOptions();
    Path of = path.field("common_http_protocol_options");
    if (common.hasMaxResponseHeadersKb()) {
      findings.refuse(
          of.field("max_response_headers_kb"),
          Integer.toUnsignedString(common.getMaxResponseHeadersKb().getValue()));
    }
    return new Limits(
        findings.bounded(
            http.hasMaxRequestHeadersKb(),
            http.getMaxRequestHeadersKb().getValue(),
            60,
            1,
            8192,
            path.field("max_request_headers_kb")),
        findings.bounded(
            common.hasMaxHeadersCount(),
            common.getMaxHeadersCount().getValue(),
            100,
            1,
            Integer.MAX_VALUE,
            of.field("max_headers_count")),
        Integer.toUnsignedLong(common.getMaxRequestsPerConnection().getValue()));
  }

  private static Http1Options http1(Http1ProtocolOptions options) {
    return new Http1Options(
        !options.hasAllowAbsoluteUrl() || options.getAllowAbsoluteUrl().getValue(),
        options.getAcceptHttp10(),
        options.getDefaultHostForHttp10(),
        options.getEnableTrailers());
  }

  private ClientAddress clientAddress(HttpConnectionManager http, Path path) {
    List<CidrRange> ranges = new ArrayList<>();
    Path of = path.field("internal_address_config");
    for (int i = 0; i < http.getInternalAddressConfig().getCidrRangesCount(); i++) {
      AddressReader.cidr(
              http.getInternalAddressConfig().getCidrRanges(i), of.at("cidr_ranges", i), findings)
          .ifPresent(ranges::add);
    }
    return new ClientAddress(
        http.getUseRemoteAddress().getValue(),
        findings.bounded(
            true, http.getXffNumTrustedHops(), 0, 0, 1000, path.field("xff_num_trusted_hops")),
        http.getSkipXffAppend(),
        ranges,
        forwardedCertificate(http, path));
  }

  private ForwardedCertificate forwardedCertificate(HttpConnectionManager http, Path path) {
    ForwardedCertificate.Mode mode =
        switch (http.getForwardClientCertDetails()) {
          case SANITIZE -> ForwardedCertificate.Mode.SANITIZE;
          case FORWARD_ONLY -> ForwardedCertificate.Mode.FORWARD_ONLY;
          case APPEND_FORWARD -> ForwardedCertificate.Mode.APPEND_FORWARD;
          case SANITIZE_SET -> ForwardedCertificate.Mode.SANITIZE_SET;
          case ALWAYS_FORWARD_ONLY -> ForwardedCertificate.Mode.ALWAYS_FORWARD_ONLY;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("forward_client_cert_details"),
                Integer.toString(http.getForwardClientCertDetailsValue()),
                "SANITIZE, FORWARD_ONLY, APPEND_FORWARD, SANITIZE_SET or ALWAYS_FORWARD_ONLY");
            yield ForwardedCertificate.Mode.SANITIZE;
          }
        };
    var set = http.getSetCurrentClientCertDetails();
    return new ForwardedCertificate(
        mode,
        set.getSubject().getValue(),
        set.getCert(),
        set.getChain(),
        set.getDns(),
        set.getUri());
  }

  /**
   * The protocols that may be switched to; one that is listed twice or is no token is an error.
   *
   * @param router the settings of the manager's own, of which there is one for all
   */
  private Upgrades upgrades(HttpConnectionManager http, RouterConfig router, Path path) {
    Set<String> seen = new HashSet<>();
    List<Upgrade> all = new ArrayList<>();
    for (int i = 0; i < http.getUpgradeConfigsCount(); i++) {
      HttpConnectionManager.UpgradeConfig upgrade = http.getUpgradeConfigs(i);
      Path here = path.at("upgrade_configs", i);
      Path type = here.field("upgrade_type");
      String name = UpgradeNames.read(upgrade.getUpgradeType(), type, findings);
      if (!seen.add(name)) {
        findings.error(type, upgrade.getUpgradeType(), "a name used once in the list");
        continue;
      }
      List<ExtensionConfig> own = List.of();
      if (upgrade.getFiltersCount() > 0) {
        own = filters.read(upgrade.getFiltersList(), "filters", here);
        if (!filters.router(upgrade.getFiltersList(), "filters", here).equals(router)) {
          findings.error(
              here.at("filters", upgrade.getFiltersCount() - 1).field("typed_config"),
              "other settings",
              "the same settings as of the router in http_filters");
        }
      }
      all.add(new Upgrade(name, !upgrade.hasEnabled() || upgrade.getEnabled().getValue(), own));
    }
    return new Upgrades(all);
  }

  private ServerHeader serverHeader(HttpConnectionManager http, Path path) {
    String name = fieldValue(http.getServerName(), path.field("server_name"));
    ServerHeader.Transformation transformation =
        switch (http.getServerHeaderTransformation()) {
          case OVERWRITE -> ServerHeader.Transformation.OVERWRITE;
          case APPEND_IF_ABSENT -> ServerHeader.Transformation.APPEND_IF_ABSENT;
          case PASS_THROUGH -> ServerHeader.Transformation.PASS_THROUGH;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("server_header_transformation"),
                Integer.toString(http.getServerHeaderTransformationValue()),
                "OVERWRITE, APPEND_IF_ABSENT or PASS_THROUGH");
            yield ServerHeader.Transformation.OVERWRITE;
          }
        };
    return new ServerHeader(name.isEmpty() ? "envoy" : name, transformation);
  }

  private PathNormalization pathNormalization(HttpConnectionManager http, Path path) {
    EscapedSlashes escaped =
        switch (http.getPathWithEscapedSlashesAction()) {
          case IMPLEMENTATION_SPECIFIC_DEFAULT, KEEP_UNCHANGED -> EscapedSlashes.KEEP_UNCHANGED;
          case REJECT_REQUEST -> EscapedSlashes.REJECT_REQUEST;
          case UNESCAPE_AND_REDIRECT -> EscapedSlashes.UNESCAPE_AND_REDIRECT;
          case UNESCAPE_AND_FORWARD -> EscapedSlashes.UNESCAPE_AND_FORWARD;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("path_with_escaped_slashes_action"),
                Integer.toString(http.getPathWithEscapedSlashesActionValue()),
                "a value of PathWithEscapedSlashesAction");
            yield EscapedSlashes.KEEP_UNCHANGED;
          }
        };
    return new PathNormalization(
        http.getNormalizePath().getValue(), http.getMergeSlashes(), escaped);
  }

  private HeadersWithUnderscores underscores(HttpProtocolOptions common, Path path) {
    return switch (common.getHeadersWithUnderscoresAction()) {
      case ALLOW -> HeadersWithUnderscores.ALLOW;
      case REJECT_REQUEST -> HeadersWithUnderscores.REJECT_REQUEST;
      case DROP_HEADER -> HeadersWithUnderscores.DROP_HEADER;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("common_http_protocol_options").field("headers_with_underscores_action"),
            Integer.toString(common.getHeadersWithUnderscoresActionValue()),
            "ALLOW, REJECT_REQUEST or DROP_HEADER");
        yield HeadersWithUnderscores.ALLOW;
      }
    };
  }

  /** Text that becomes part of a header's value. */
  private String fieldValue(String text, Path path) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        findings.error(
            path, "character " + (int) text.charAt(i), "text without control characters");
        return "";
      }
    }
    return text;
  }
}
