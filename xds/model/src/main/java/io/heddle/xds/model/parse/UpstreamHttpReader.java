package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.UpstreamHttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HostTransport;
import io.heddle.xds.model.HostTransports;
import io.heddle.xds.model.HostTransports.RequestNames;
import io.heddle.xds.model.Http2Options;
import io.heddle.xds.model.PoolingConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads how a cluster speaks HTTP, from its protocol options or from the older fields of the
 * cluster, which may not both be set.
 */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class UpstreamHttpReader {

  static final String TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  static final String KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private static final String CODEC =
      "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";

  /** The field of a cluster that holds its typed protocol options. */
  static final int OPTIONS_NUMBER = 36;

  private static final String OPTIONS = "typed_extension_protocol_options";

  private final Findings findings;
  private final HttpProtocolOptions common;
  private final Path commonPath;
  private final UpstreamProtocol protocol;
  private final Cluster cluster;
  private final List<ExtensionConfig> filters;
  private Http2Options http2 = Http2Options.DEFAULT;
  private final RequestNames names;

  UpstreamHttpReader(Findings findings, Cluster cluster, Map<String, Any> typed, Path path) {
    this.findings = findings;
    this.cluster = cluster;
    Any any = typed.getOrDefault(KEY, Any.getDefaultInstance());
    Path here = path.key(OPTIONS, KEY);
    if (ExtensionReader.typeName(any).equals(TYPE)) {
      var options =
          findings
              .unpack(
                  any,
                  TYPE,
                  io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.parser(),
                  here)
              .orElseGet(
                  io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                      ::getDefaultInstance);
      if (cluster.hasHttpProtocolOptions()
          || cluster.hasHttp2ProtocolOptions()
          || cluster.hasCommonHttpProtocolOptions()
          || cluster.hasUpstreamHttpProtocolOptions()) {
        findings.error(here, "set", "either this or the protocol options of the cluster itself");
      }
      this.common = options.getCommonHttpProtocolOptions();
      this.commonPath = here.field("common_http_protocol_options");
      this.protocol = explicit(options, here);
      this.filters = filters(options, here);
      this.names =
          names(
              options.getUpstreamHttpProtocolOptions(),
              here.field("upstream_http_protocol_options"));
    } else {
      this.common = cluster.getCommonHttpProtocolOptions();
      this.commonPath = path.field("common_http_protocol_options");
      http1(cluster.getHttpProtocolOptions(), path.field("http_protocol_options"));
      this.protocol =
          cluster.hasHttp2ProtocolOptions() ? UpstreamProtocol.HTTP2 : UpstreamProtocol.HTTP1;
      this.http2 =
          Http2OptionsReader.read(
              cluster.getHttp2ProtocolOptions(), path.field("http2_protocol_options"), findings);
      this.filters = List.of();
      this.names =
          names(
              cluster.getUpstreamHttpProtocolOptions(),
              path.field("upstream_http_protocol_options"));
    }
    refuseDownstreamOnly();
  }

  private UpstreamProtocol explicit(
      io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions options, Path path) {
    return switch (options.getUpstreamProtocolOptionsCase()) {
      case EXPLICIT_HTTP_CONFIG -> {
        var config = options.getExplicitHttpConfig();
        Path here = path.field("explicit_http_config");
        yield switch (config.getProtocolConfigCase()) {
          case HTTP_PROTOCOL_OPTIONS -> {
            http1(config.getHttpProtocolOptions(), here.field("http_protocol_options"));
            yield UpstreamProtocol.HTTP1;
          }
          case HTTP2_PROTOCOL_OPTIONS -> {
            http2 =
                Http2OptionsReader.read(
                    config.getHttp2ProtocolOptions(),
                    here.field("http2_protocol_options"),
                    findings);
            yield UpstreamProtocol.HTTP2;
          }
          case HTTP3_PROTOCOL_OPTIONS -> UpstreamProtocol.HTTP1;
          case PROTOCOLCONFIG_NOT_SET -> {
            findings.error(here, "no protocol", "http_protocol_options or http2_protocol_options");
            yield UpstreamProtocol.HTTP1;
          }
        };
      }
      case USE_DOWNSTREAM_PROTOCOL_CONFIG -> {
        var config = options.getUseDownstreamProtocolConfig();
        Path here = path.field("use_downstream_protocol_config");
        http1(config.getHttpProtocolOptions(), here.field("http_protocol_options"));
        http2 =
            Http2OptionsReader.read(
                config.getHttp2ProtocolOptions(), here.field("http2_protocol_options"), findings);
        yield UpstreamProtocol.DOWNSTREAM;
      }
      case AUTO_CONFIG -> {
        var config = options.getAutoConfig();
        Path here = path.field("auto_config");
        http1(config.getHttpProtocolOptions(), here.field("http_protocol_options"));
        http2 =
            Http2OptionsReader.read(
                config.getHttp2ProtocolOptions(), here.field("http2_protocol_options"), findings);
        yield UpstreamProtocol.NEGOTIATED;
      }
      case UPSTREAMPROTOCOLOPTIONS_NOT_SET -> {
        findings.error(path, "no protocol", "explicit_http_config");
        yield UpstreamProtocol.HTTP1;
      }
    };
  }

  /** The list as Envoy demands it: empty, or with the codec as its last. */
  private List<ExtensionConfig> filters(
      io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions options, Path path) {
    List<ExtensionConfig> read = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int last = options.getHttpFiltersCount() - 1;
    for (int i = 0; i <= last; i++) {
      HttpFilter filter = options.getHttpFilters(i);
      Path here = path.at("http_filters", i);
      findings.required(filter.getName(), here.field("name"));
      if (!names.add(filter.getName())) {
        findings.error(here.field("name"), filter.getName(), "a name used once in the list");
      }
      if (filter.hasConfigDiscovery()) {
        findings.refuse(here.field("config_discovery"), "a value");
      }
      if (filter.getDisabled()) {
        findings.error(here.field("disabled"), "true", "false, as no route switches it on");
      }
      boolean codec = ExtensionReader.typeName(filter.getTypedConfig()).equals(CODEC);
      if (codec != (i == last)) {
        String url = filter.getTypedConfig().getTypeUrl();
        findings.error(
            here.field("typed_config"),
            url.isEmpty() ? "no type" : url,
            Findings.TYPE_PREFIX + CODEC + " as the last filter and only there");
      }
      if (!codec) {
        read.add(
            ExtensionReader.read(
                filter.getName(),
                filter.getTypedConfig(),
                filter.getIsOptional(),
                false,
                here.field("typed_config"),
                findings));
      }
    }
    return read;
  }

  /** Fields that are honoured towards clients and have no counterpart upstream yet. */
  private void http1(Http1ProtocolOptions options, Path path) {
    if (options.hasAllowAbsoluteUrl()) {
      findings.refuse(path.field("allow_absolute_url"), "set");
    }
    if (options.getAcceptHttp10()) {
      findings.refuse(path.field("accept_http_10"), "true");
    }
    if (!options.getDefaultHostForHttp10().isEmpty()) {
      findings.refuse(path.field("default_host_for_http_10"), options.getDefaultHostForHttp10());
    }
    if (options.getEnableTrailers()) {
      findings.refuse(path.field("enable_trailers"), "true");
    }
  }

  private RequestNames names(UpstreamHttpProtocolOptions options, Path path) {
    String header = options.getOverrideAutoSniHeader();
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      if (!(c < 128 && Character.isLetterOrDigit(c)) && "!#$%&'*+-.^_`|~:".indexOf(c) < 0) {
        findings.error(path.field("override_auto_sni_header"), header, "a header's name");
        header = "";
      }
    }
    return new RequestNames(
        options.getAutoSni(), options.getAutoSanValidation(), header.toLowerCase(Locale.ROOT));
  }

  /** The names that connections get from requests. */
  RequestNames names() {
    return names;
  }

  private void refuseDownstreamOnly() {
    if (common.hasMaxStreamDuration()) {
      findings.refuse(commonPath.field("max_stream_duration"), "set");
    }
    if (common.getHeadersWithUnderscoresActionValue() != 0) {
      findings.refuse(commonPath.field("headers_with_underscores_action"), "set");
    }
  }

  UpstreamProtocol protocol() {
    return protocol;
  }

  /** How HTTP/2 is spoken, where it is. */
  Http2Options http2() {
    return http2;
  }

  /** The filters before the codec, which is the proxy's own. */
  List<ExtensionConfig> filters() {
    return filters;
  }

  Duration idleTimeout() {
    return findings.duration(
        common.hasIdleTimeout(),
        common.getIdleTimeout(),
        Duration.ofHours(1),
        commonPath.field("idle_timeout"));
  }

  /** How connections are kept. */
  PoolingConfig pooling(Path path) {
    Cluster.PreconnectPolicy policy = cluster.getPreconnectPolicy();
    double ratio =
        policy.hasPerUpstreamPreconnectRatio()
            ? policy.getPerUpstreamPreconnectRatio().getValue()
            : 1;
    if (!(ratio >= 1 && ratio <= 3)) {
      findings.error(
          path.field("preconnect_policy").field("per_upstream_preconnect_ratio"),
          Double.toString(ratio),
          "1 to 3");
      ratio = 1;
    }
    return new PoolingConfig(
        findings.duration(
            common.hasMaxConnectionDuration(),
            common.getMaxConnectionDuration(),
            Duration.ZERO,
            commonPath.field("max_connection_duration")),
        ratio);
  }

  /** What is agreed on by ALPN needs TLS. */
  void check(HostTransports transports, Path path) {
    if (protocol == UpstreamProtocol.NEGOTIATED
        && !(secure(transports.standard())
            && transports.matches().stream().allMatch(match -> secure(match.transport())))) {
      findings.error(
          path.key(OPTIONS, KEY).field("auto_config"),
          "a transport_socket without TLS",
          "TLS, whose ALPN says which protocol it is");
    }
  }

  private static boolean secure(HostTransport transport) {
    return switch (transport) {
      case HostTransport.Raw _ -> false;
      case HostTransport.Tls _ -> true;
      case HostTransport.ProxyHeader header -> secure(header.inner());
    };
  }

  long maxRequestsPerConnection() {
    int value =
        common.hasMaxRequestsPerConnection()
            ? common.getMaxRequestsPerConnection().getValue()
            : cluster.getMaxRequestsPerConnection().getValue();
    return Integer.toUnsignedLong(value);
  }

  int maxResponseHeadersKb() {
    return findings.bounded(
        common.hasMaxResponseHeadersKb(),
        common.getMaxResponseHeadersKb().getValue(),
        60,
        1,
        8192,
        commonPath.field("max_response_headers_kb"));
  }

  int maxResponseHeadersCount() {
    return findings.bounded(
        common.hasMaxHeadersCount(),
        common.getMaxHeadersCount().getValue(),
        100,
        1,
        Integer.MAX_VALUE,
        commonPath.field("max_headers_count"));
  }
}
