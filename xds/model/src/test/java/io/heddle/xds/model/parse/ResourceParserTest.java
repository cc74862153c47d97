package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AttemptCounts;
import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.Codec;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.OutlierDetection;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.SocketEndpoint;
import io.heddle.xds.model.StructValue;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TimeoutOverride;
import io.heddle.xds.model.VirtualHostConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceParserTest {

  private final ResourceParser parser = new ResourceParser(ParseOptions.LENIENT);

  private Parsed<ListenerConfig> listener(String json) {
    return parser.listener(Samples.encode(json, Listener.newBuilder()));
  }

  private Parsed<RouteTable> routes(String json) {
    return parser.routes(Samples.encode(json, RouteConfiguration.newBuilder()));
  }

  private Parsed<ClusterConfig> cluster(String json) {
    return parser.cluster(Samples.encode(json, Cluster.newBuilder()));
  }

  private Parsed<EndpointsConfig> endpoints(String json) {
    return parser.endpoints(Samples.encode(json, ClusterLoadAssignment.newBuilder()));
  }

  private static <T> T ok(Parsed<T> parsed) {
    return switch (parsed) {
      case Parsed.Ok<T> ok -> ok.value();
      case Parsed.Refused<T> refused -> throw new AssertionError(refused.message());
    };
  }

  private static List<ConfigError> errors(Parsed<?> parsed) {
    return switch (parsed) {
      case Parsed.Ok<?> ok -> throw new AssertionError("accepted: " + ok.value());
      case Parsed.Refused<?> refused -> refused.errors();
    };
  }

  private HttpConnectionManagerConfig http(String fields) {
    ListenerConfig listener = ok(listener(Samples.http(fields)));
    return (HttpConnectionManagerConfig) listener.filterChains().getFirst().filters().getFirst();
  }

  private RouteConfig route(String fields) {
    return ok(routes(Samples.route(fields))).virtualHosts().getFirst().routes().getFirst();
  }

  @Test
  void givesAConnectionManagerEnvoysDefaults() {
    HttpConnectionManagerConfig http = http(Samples.PLAIN);
    assertThat(http.codec()).isEqualTo(Codec.AUTO);
    assertThat(http.routes()).isEqualTo(new RouteSource.Rds("web", Duration.ofSeconds(15)));
    assertThat(http.timeouts().streamIdle()).isEqualTo(Duration.ofMinutes(5));
    assertThat(http.timeouts().connectionIdle()).isEqualTo(Duration.ofHours(1));
    assertThat(http.limits().maxRequestHeadersKb()).isEqualTo(60);
    assertThat(http.limits().maxHeadersCount()).isEqualTo(100);
    assertThat(http.requestId().generate()).isTrue();
    assertThat(http.http1().allowAbsoluteUrl()).isTrue();
    assertThat(http.serverHeader().name()).isEqualTo("envoy");
    assertThat(http.httpFilters()).hasSize(1);
  }

  @Test
  void readsWhatAConnectionManagerSets() {
    HttpConnectionManagerConfig http =
        http(
            Samples.PLAIN.replace(
                    "[",
                    "[{'name':'buffer','disabled':true,'is_optional':true,'typed_config':{'@type':"
                        + "'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer',"
                        + "'max_request_bytes':5}},")
                + ",'codec_type':'HTTP1','use_remote_address':true,'normalize_path':true,"
                + "'stream_idle_timeout':'0s','request_timeout':'1.5s',"
                + "'internal_address_config':{'cidr_ranges':["
                + "{'address_prefix':'10.1.2.3','prefix_len':8}]},"
                + "'access_log':[{'name':'a','typed_config':{'@type':'type.googleapis.com/"
                + "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog','log_format':"
                + "{'json_format':{'status':'%RESPONSE_CODE%','deep':{'n':1}}}}}]");
    assertThat(http.codec()).isEqualTo(Codec.HTTP1);
    assertThat(http.httpFilters().getFirst().disabled()).isTrue();
    assertThat(http.httpFilters().getFirst().optional()).isTrue();
    assertThat(http.timeouts().streamIdle()).isZero();
    assertThat(http.timeouts().request()).isEqualTo(Duration.ofMillis(1500));
    assertThat(http.clientAddress().internalRanges().getFirst().contains(new byte[] {10, 9, 9, 9}))
        .isTrue();
    assertThat(http.clientAddress().internalRanges().getFirst().contains(new byte[] {11, 9, 9, 9}))
        .isFalse();
    AccessLogConfig.Lines log = (AccessLogConfig.Lines) http.accessLogs().getFirst();
    assertThat(log.sink()).isEqualTo(AccessLogConfig.Sink.Standard.STDOUT);
    assertThat(log.format())
        .asInstanceOf(type(AccessLogConfig.Format.Json.class))
        .satisfies(json ->
            assertThat(json.fields().values())
                .containsEntry("status", new StructValue.Text("%RESPONSE_CODE%")));
  }

  @Test
  void namesTheRoutesThatAListenerNeeds() {
    assertThat(ok(listener(Samples.http(Samples.PLAIN))).routeConfigNames()).containsExactly("web");
  }

  @Test
  void readsATcpProxy() {
    ListenerConfig listener =
        ok(
            listener(
                Samples.listener(
                    "{'name':'tcp','typed_config':{'@type':'type.googleapis.com/"
                        + "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',"
                        + "'stat_prefix':'db','weighted_clusters':{'clusters':["
                        + "{'name':'a','weight':1},{'name':'b','weight':3}]}}}")));
    assertThat(listener.filterChains().getFirst().filters())
        .first()
        .asInstanceOf(type(TcpProxyConfig.class))
        .satisfies(tcp -> {
          assertThat(tcp.clusters()).hasSize(2);
          assertThat(tcp.idleTimeout()).isEqualTo(Duration.ofHours(1));
        });
  }

  @Test
  void listsEveryErrorOfAListenerAtOnce() {
    List<ConfigError> errors =
        errors(
            listener(
                Samples.http(
                    "'stat_prefix':'','codec_type':'HTTP3','upgrade_configs':[{'upgrade_type':'websocket'}],"
                        + Samples.RDS
                        + ",'http_filters':[{'name':'b','typed_config':{'@type':'type.googleapis.com/"
                        + "envoy.extensions.filters.http.buffer.v3.Buffer'}}]")));
    String of = "filter_chains[0].filters[0].typed_config.";
    assertThat(errors)
        .extracting(ConfigError::field)
        .containsExactlyInAnyOrder(
            of + "stat_prefix", of + "codec_type", of + "http_filters[0].typed_config");
    assertThat(errors).allMatch(error -> error.resource().equals("Listener in"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          'listener_filters':[{'name':'tls'}]                       | listener_filters[0].typed_config
          'listener_filters':[{'name':'x','filter_disabled':{'any_match':true},'typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}] | listener_filters[0].filter_disabled
          'access_log':[{'name':'x'}]                               | access_log[0].typed_config
          'address':{'pipe':{'path':'x'}}                           | address.pipe.path
          'additional_addresses':[{'address':{'socket_address':{'address':'a','port_value':1}}}] | additional_addresses[0].address.socket_address.address
          'address':{'socket_address':{'address':'localhost','port_value':1}} | address.socket_address.address
          'address':{'socket_address':{'address':'127.0.0.1','port_value':70000}} | address.socket_address.port_value
          'address':{'socket_address':{'address':'127.1','port_value':1}} | address.socket_address.address
          'address':{'socket_address':{'protocol':'UDP','address':'127.0.0.1','port_value':1}} | address.socket_address.protocol
          'filter_chains':[]                                        | filter_chains
          'filter_chains':[{'filters':[]}]                          | filter_chains[0].filters
          'filter_chains':[{'filter_chain_match':{'server_names':['*a']},'filters':[{'name':'x','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}]}] | filter_chains[0].filter_chain_match.server_names[0]
          'filter_chains':[{'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'}},'filters':[{'name':'x','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}]}] | filter_chains[0].transport_socket.typed_config
          'filter_chains':[{'filters':[{'name':'x'}]}]              | filter_chains[0].filters[0].typed_config
          'filter_chains':[{'filters':[{'name':'x','typed_config':{'@type':'type.googleapis.com/xds.type.v3.TypedStruct'}}]}] | filter_chains[0].filters[0].typed_config
          'per_connection_buffer_limit_bytes':0                     | per_connection_buffer_limit_bytes
          """)
  void refusesAListenerByField(String field, String path) {
    String base =
        "{'name':'in','address':{'socket_address':{'address':'127.0.0.1','port_value':8080}},"
            + "'filter_chains':[{'filters':[{'name':'x','typed_config':{'@type':"
            + "'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}]}]}";
    Listener.Builder builder = Listener.newBuilder();
    Samples.encode(base, builder);
    if (field.startsWith("'filter_chains'")) {
      builder.clearFilterChains();
    }
    if (field.startsWith("'address'")) {
      builder.clearAddress();
    }
    List<ConfigError> errors = errors(parser.listener(Samples.encode("{" + field + "}", builder)));
    assertThat(errors).extracting(ConfigError::field).containsExactly(path);
  }

  @Test
  void namesTheTypeOfAnUnsupportedExtension() {
    assertThat(
            errors(
                    listener(
                        Samples.http(
                            Samples.PLAIN
                                + ",'original_ip_detection_extensions':[{'name':'x','typed_config':"
                                + "{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}]")))
                .getFirst()
                .offending())
        .isEqualTo("type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer");
  }

  @Test
  void refusesWhatStandsBehindATerminalFilterAndARouterThatIsNotLast() {
    String router = Samples.ROUTER;
    assertThat(
            errors(
                listener(
                    Samples.http(
                        "'stat_prefix':'a',"
                            + Samples.RDS
                            + ",'http_filters':["
                            + router
                            + ","
                            + router.replace("'router'", "'second'")
                            + "]"))))
        .extracting(ConfigError::field)
        .containsExactly("filter_chains[0].filters[0].typed_config.http_filters[0]");
  }

  @Test
  void givesARouteEnvoysDefaults() {
    RouteConfig route = route("'match':{'prefix':'/'},'route':{'cluster':'orders'}");
    assertThat(route.match().path()).isEqualTo(new RouteMatch.PathMatch.Prefix("/"));
    assertThat(route.match().caseSensitive()).isTrue();
    assertThat(route.match().fraction().all()).isTrue();
    assertThat(route.action())
        .isEqualTo(
            new RouteAction.Forward(
                new ClusterTarget.Single("orders"),
                503,
                RouteAction.PathRewrite.Keep.KEEP,
                RouteAction.HostRewrite.Keep.KEEP,
                Duration.ofSeconds(15),
                TimeoutOverride.Inherited.INHERITED,
                TimeoutOverride.Inherited.INHERITED,
                RouteAction.RoutingPriority.DEFAULT));
  }

  @Test
  void takesMethodsOutOfTheHeaderMatches() {
    RouteMatch exact =
        route(
                "'match':{'prefix':'/','headers':[{'name':':method','string_match':{'exact':'GET'}},"
                    + "{'name':'X-A','present_match':true}]},'route':{'cluster':'c'}")
            .match();
    assertThat(exact.methods()).containsExactly("GET");
    assertThat(exact.headers()).extracting(RouteMatch.HeaderMatch::name).containsExactly("x-a");
    RouteMatch regex =
        route(
                "'match':{'prefix':'/','headers':[{'name':':method','safe_regex_match':"
                    + "{'regex':'(GET|HEAD)'}}]},'route':{'cluster':'c'}")
            .match();
    assertThat(regex.methods()).containsExactlyInAnyOrder("GET", "HEAD");
    RouteMatch inverted =
        route(
                "'match':{'prefix':'/','headers':[{'name':':method','invert_match':true,"
                    + "'string_match':{'exact':'GET'}}]},'route':{'cluster':'c'}")
            .match();
    assertThat(inverted.methods()).isEmpty();
    assertThat(inverted.headers()).hasSize(1);
  }

  @Test
  void readsWeightedClustersRewritesAndPerFilterConfiguration() {
    RouteConfig route =
        route(
            "'match':{'path_separated_prefix':'/shop','runtime_fraction':{'default_value':"
                + "{'numerator':10,'denominator':'HUNDRED'}}},"
                + "'route':{'weighted_clusters':{'clusters':[{'name':'a','weight':90,"
                + "'request_headers_to_add':[{'header':{'key':'X-V','value':'1'}}]},"
                + "{'name':'b','weight':10}]},'regex_rewrite':{'pattern':{'regex':'/(\\\\d+)'},"
                + "'substitution':'/id/\\\\1'},'timeout':'0s','idle_timeout':'3s'},"
                + "'typed_per_filter_config':{'buffer':{'@type':'type.googleapis.com/"
                + "envoy.config.route.v3.FilterConfig','disabled':true}}");
    RouteAction.Forward forward = (RouteAction.Forward) route.action();
    assertThat(forward.target())
        .asInstanceOf(type(ClusterTarget.Weighted.class))
        .satisfies(weighted -> {
          assertThat(weighted.totalWeight()).isEqualTo(100);
          assertThat(weighted.clusters().getFirst().requestHeaders().add().getFirst().name())
              .isEqualTo("x-v");
        });
    assertThat(forward.timeout()).isZero();
    assertThat(forward.idleTimeout().over(Duration.ZERO)).isEqualTo(Duration.ofSeconds(3));
    RouteAction.PathRewrite.Regex rewrite = (RouteAction.PathRewrite.Regex) forward.pathRewrite();
    assertThat(rewrite.replacement().replaceAll(rewrite.pattern(), "/7/x/8"))
        .isEqualTo("/id/7/x/id/8");
    assertThat(route.filterConfigs().get("buffer"))
        .satisfies(config -> assertThat(config.disabled()).isTrue());
  }

  @Test
  void readsRedirectsAndDirectResponses() {
    assertThat(
            route(
                    "'match':{'path':'/a'},'redirect':{'https_redirect':true,'host_redirect':'b.c',"
                        + "'response_code':'PERMANENT_REDIRECT','strip_query':true}")
                .action())
        .isEqualTo(
            new RouteAction.Redirect(
                "https", "b.c", 0, RouteAction.RedirectPath.Keep.KEEP, true, 308));
    assertThat(
            route(
                    "'match':{'path':'/a'},'direct_response':{'status':404,"
                        + "'body':{'inline_string':'none'}}")
                .action())
        .isEqualTo(new RouteAction.DirectResponse(404, "none"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          'route':{'cluster':'c'}                                                     | match
          'match':{'prefix':'/'}                                                      | .
          'match':{'prefix':'/'},'route':{}                                           | route
          'match':{'prefix':'/'},'route':{'cluster':'c','retry_policy':{'num_retries':5000}} | route.retry_policy.num_retries
          'match':{'prefix':'/'},'route':{'cluster':'c','hash_policy':[{'terminal':true}]} | route.hash_policy[0]
          'match':{'prefix':'/','filter_state':[{'key':'k','address_match':{}}]},'route':{'cluster':'c'} | match.filter_state[0].address_match
          'match':{'safe_regex':{'regex':'(a'}},'route':{'cluster':'c'}               | match.safe_regex.regex
          'match':{'safe_regex':{'regex':'((a{100}){100}){100}'}},'route':{'cluster':'c'} | match.safe_regex.regex
          'match':{'safe_regex':{'regex':''}},'route':{'cluster':'c'}                 | match.safe_regex.regex
          'match':{'path_separated_prefix':'/a/'},'route':{'cluster':'c'}             | match.path_separated_prefix
          'match':{'prefix':'/','headers':[{'name':'a b','present_match':true}]},'route':{'cluster':'c'} | match.headers[0].name
          'match':{'prefix':'/','headers':[{'name':'a','range_match':{'start':2,'end':2}}]},'route':{'cluster':'c'} | match.headers[0].range_match
          'match':{'prefix':'/'},'route':{'cluster':'c','timeout':'-1s'}              | route.timeout
          'match':{'prefix':'/'},'route':{'weighted_clusters':{'clusters':[{'name':'a','weight':0}]}} | route.weighted_clusters.clusters
          'match':{'prefix':'/'},'route':{'cluster':'c','regex_rewrite':{'pattern':{'regex':'a'},'substitution':'\\\\2'}} | route.regex_rewrite.substitution
          'match':{'prefix':'/'},'direct_response':{'status':99}                      | direct_response.status
          'match':{'prefix':'/'},'direct_response':{'status':200,'body':{'filename':'/etc/passwd'}} | direct_response.body.filename
          'match':{'prefix':'/'},'route':{'cluster':'c'},'request_headers_to_add':[{'header':{'key':'Host','value':'x'}}] | request_headers_to_add[0].header.key
          'match':{'prefix':'/'},'route':{'cluster':'c'},'request_headers_to_add':[{'header':{'key':'a','value':'x\\ny'}}] | request_headers_to_add[0].header.value
          'match':{'prefix':'/'},'route':{'cluster':'c'},'typed_per_filter_config':{'a':{'@type':'type.googleapis.com/xds.type.v3.TypedStruct'}} | typed_per_filter_config["a"]
          """)
  void refusesARouteByField(String fields, String path) {
    String of = "virtual_hosts[0].routes[0]";
    assertThat(errors(routes(Samples.route(fields))))
        .extracting(ConfigError::field)
        .contains(path.equals(".") ? of : of + "." + path);
  }

  @Test
  void refusesADomainThatTwoHostsHave() {
    assertThat(
            errors(
                routes(
                    "{'name':'w','virtual_hosts':[{'name':'a','domains':['A.b']},"
                        + "{'name':'b','domains':['*.x','a.b','a*b']}]}")))
        .extracting(ConfigError::field)
        .containsExactly("virtual_hosts[1].domains[1]", "virtual_hosts[1].domains[2]");
  }

  @Test
  void givesAClusterEnvoysDefaults() {
    ClusterConfig cluster =
        ok(cluster("{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}}}"));
    assertThat(cluster.discovery()).isEqualTo(new Discovery.Eds("c", Duration.ofSeconds(15)));
    assertThat(cluster.altStatName()).isEqualTo("c");
    assertThat(cluster.lbPolicy()).isEqualTo(LbPolicy.RoundRobin.ROUND_ROBIN);
    assertThat(cluster.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(cluster.circuitBreakers().normal().maxRequests()).isEqualTo(1024);
    assertThat(cluster.circuitBreakers().high().maxRetries()).isEqualTo(3);
    assertThat(cluster.protocol()).isEqualTo(ClusterConfig.UpstreamProtocol.HTTP1);
    assertThat(cluster.idleTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(cluster.healthyPanicThreshold()).isEqualTo(50);
  }

  @Test
  void readsHttp2AndATypedPolicyAndUnboundedBreakers() {
    ClusterConfig cluster =
        ok(
            cluster(
                "{'name':'c','type':'STRICT_DNS','load_assignment':{'cluster_name':'c','endpoints':"
                    + "[{'lb_endpoints':[{'endpoint':{'address':{'socket_address':"
                    + "{'address':'control.example','port_value':7071}}}}]}]},"
                    + "'load_balancing_policy':{'policies':[{'typed_extension_config':{'name':'m',"
                    + "'typed_config':{'@type':'type.googleapis.com/envoy.extensions."
                    + "filters.http.buffer.v3.Buffer'}}},{'typed_extension_config':{"
                    + "'name':'l','typed_config':{'@type':'type.googleapis.com/envoy.extensions."
                    + "load_balancing_policies.least_request.v3.LeastRequest','choice_count':4}}}]},"
                    + "'circuit_breakers':{'thresholds':[{'max_requests':4294967295}]},"
                    + "'typed_extension_protocol_options':{"
                    + "'envoy.extensions.upstreams.http.v3.HttpProtocolOptions':{'@type':"
                    + "'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',"
                    + "'common_http_protocol_options':{'idle_timeout':'7s'},"
                    + "'explicit_http_config':{'http2_protocol_options':{}}}}}"));
    assertThat(cluster.protocol()).isEqualTo(ClusterConfig.UpstreamProtocol.HTTP2);
    assertThat(cluster.idleTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(cluster.lbPolicy()).isEqualTo(new LbPolicy.LeastRequest(4));
    assertThat(cluster.circuitBreakers().normal().maxRequests()).isEqualTo(0xffff_ffffL);
    assertThat(cluster.discovery()).isInstanceOf(Discovery.StrictDns.class);
    assertThat(cluster.typedExtensionProtocolOptions()).isEmpty();
  }

  private static String upstreamFilters(String filters) {
    return "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}},'typed_extension_protocol_options':{"
               + "'envoy.extensions.upstreams.http.v3.HttpProtocolOptions':{'@type':"
               + "'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',"
               + "'explicit_http_config':{'http_protocol_options':{}},'http_filters':["
        + filters.formatted(
            "'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'",
            "'type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec'")
        + "]}}}";
  }

  @Test
  void upstreamFiltersEndWithTheCodecWhichIsLeftOut() {
    ClusterConfig cluster =
        ok(
            cluster(
                upstreamFilters(
                    "{'name':'b','typed_config':{'@type':%1$s}},"
                        + "{'name':'codec','typed_config':{'@type':%2$s}}")));
    assertThat(cluster.httpFilters())
        .extracting(ExtensionConfig::name, ExtensionConfig::typeUrl)
        .containsExactly(
            tuple("b", "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer"));
    assertThat(cluster.typedExtensionProtocolOptions()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'name':'b','typed_config':{'@type':%1$s}}",
        "{'name':'codec','typed_config':{'@type':%2$s}},"
            + "{'name':'b','typed_config':{'@type':%1$s}}"
      })
  void upstreamFiltersWithoutTheCodecAsTheLastAreRefused(String filters) {
    assertThat(errors(cluster(upstreamFilters(filters))))
        .allSatisfy(error -> {
          assertThat(error.field()).contains(".http_filters[");
          assertThat(error.expected()).contains("UpstreamCodec as the last filter and only there");
        })
        .isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          'name':''                                          | name
          'type':'LOGICAL_DNS'                               | load_assignment
          'cluster_type':{'name':'envoy.clusters.aggregate','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig'}},'lb_policy':'CLUSTER_PROVIDED' | cluster_type.typed_config.clusters
          'cluster_type':{'name':'envoy.clusters.aggregate','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig','clusters':['a']}} | lb_policy
          'cluster_type':{'name':'dns'}                      | cluster_type.name
          'type':'STATIC','eds_cluster_config':{}            | load_assignment
          'type':'STATIC','original_dst_lb_config':{}        | original_dst_lb_config
          'type':'ORIGINAL_DST'                              | lb_policy
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','load_assignment':{} | load_assignment
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','original_dst_lb_config':{'http_header_name':'x'} | original_dst_lb_config.http_header_name
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','original_dst_lb_config':{'use_http_header':true,'http_header_name':'a b'} | original_dst_lb_config.http_header_name
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','original_dst_lb_config':{'upstream_port_override':65536} | original_dst_lb_config.upstream_port_override
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','original_dst_lb_config':{'metadata_key':{'key':'k'}} | original_dst_lb_config.metadata_key.path
          'type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED','cleanup_interval':'0s' | cleanup_interval
          'upstream_bind_config':{'source_address':{'address':'a.test','port_value':0}} | upstream_bind_config.source_address.address
          'upstream_bind_config':{'freebind':true}           | upstream_bind_config.freebind
          'upstream_bind_config':{'additional_source_addresses':[{'address':'127.0.0.1','port_value':0}]} | upstream_bind_config.additional_source_addresses[0]
          'upstream_bind_config':{'local_address_selector':{}} | upstream_bind_config.local_address_selector
          'upstream_bind_config':{'socket_options':[{'level':1,'name':2}]} | upstream_bind_config.socket_options[0]
          'upstream_bind_config':{'socket_options':[{'level':1,'name':2,'int_value':1,'state':'STATE_LISTENING'}]} | upstream_bind_config.socket_options[0].state
          'upstream_bind_config':{'socket_options':[{'level':1,'name':2,'int_value':3000000000}]} | upstream_bind_config.socket_options[0].int_value
          'cluster_type':{'name':'envoy.clusters.dns','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster','dns_refresh_rate':'0s'}} | cluster_type.typed_config.dns_refresh_rate
          'cluster_type':{'name':'envoy.clusters.dns','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster','dns_failure_refresh_rate':{'base_interval':'2s','max_interval':'1s'}}} | cluster_type.typed_config.dns_failure_refresh_rate.max_interval
          'dns_refresh_rate':'1s','cluster_type':{'name':'envoy.clusters.dns','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster'}} | dns_refresh_rate
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig'}} | cluster_type.typed_config.dns_cache_config
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','sub_clusters_config':{}}} | cluster_type.typed_config.sub_clusters_config
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{}}} | cluster_type.typed_config.dns_cache_config.name
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n','max_hosts':0}}} | cluster_type.typed_config.dns_cache_config.max_hosts
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n','dns_min_refresh_rate':'0.5s'}}} | cluster_type.typed_config.dns_cache_config.dns_min_refresh_rate
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n','max_hosts':1,'preresolve_hostnames':[{'address':'a.test','port_value':1},{'address':'b.test','port_value':1}]}}} | cluster_type.typed_config.dns_cache_config.preresolve_hostnames
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n','use_tcp_for_dns_lookups':true}}} | cluster_type.typed_config.dns_cache_config.use_tcp_for_dns_lookups
          'lb_policy':'CLUSTER_PROVIDED','cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n','key_value_config':{}}}} | cluster_type.typed_config.dns_cache_config.key_value_config
          'cluster_type':{'name':'envoy.clusters.dynamic_forward_proxy','typed_config':{'@type':'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig','dns_cache_config':{'name':'n'}}} | lb_policy
          'eds_cluster_config':{}                            | eds_cluster_config.eds_config
          'eds_cluster_config':{'eds_config':{'path':'x.pb_length_delimited'}} | eds_cluster_config.eds_config.path
          'lb_policy':'RING_HASH','ring_hash_lb_config':{'minimum_ring_size':9000000} | ring_hash_lb_config.minimum_ring_size
          'lb_policy':'RING_HASH','maglev_lb_config':{}      | maglev_lb_config
          'lb_policy':'MAGLEV','maglev_lb_config':{'table_size':1000} | maglev_lb_config.table_size
          'lb_policy':'CLUSTER_PROVIDED'                     | lb_policy
          'lb_policy':'LEAST_REQUEST','least_request_lb_config':{'choice_count':1} | least_request_lb_config.choice_count
          'lb_policy':'LEAST_REQUEST','least_request_lb_config':{'active_request_bias':{'default_value':2}} | least_request_lb_config.active_request_bias.runtime_key
          'health_checks':[{}]                               | health_checks[0].timeout
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1}] | health_checks[0]
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':0,'healthy_threshold':1,'tcp_health_check':{}}] | health_checks[0].unhealthy_threshold
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'custom_health_check':{'name':'redis'}}] | health_checks[0].custom_health_check
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{}}] | health_checks[0].http_health_check.path
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{'path':'/','codec_client_type':'HTTP3'}}] | health_checks[0].http_health_check.codec_client_type
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{'path':'/','send':{'text':'00'}}}] | health_checks[0].http_health_check.send
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{'path':'/','receive':[{'text':'xy'}]}}] | health_checks[0].http_health_check.receive[0].text
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{'path':'/','expected_statuses':[{'start':200,'end':200}]}}] | health_checks[0].http_health_check.expected_statuses[0]
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'http_health_check':{'path':'/','request_headers_to_add':[{'header':{'key':'a','value':'%UPSTREAM_HOST%'}}]}}] | health_checks[0].http_health_check.request_headers_to_add[0].header.value
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'tcp_health_check':{}},{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'tcp_health_check':{}}] | health_checks[1]
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'tcp_health_check':{'proxy_protocol_config':{}}}] | health_checks[0].tcp_health_check.proxy_protocol_config
          'health_checks':[{'timeout':'1s','interval':'1s','unhealthy_threshold':1,'healthy_threshold':1,'tcp_health_check':{},'event_logger':[{'name':'a','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}]}] | health_checks[0].event_logger[0].typed_config
          'outlier_detection':{'interval':'0s'}              | outlier_detection.interval
          'outlier_detection':{'enforcing_success_rate':101} | outlier_detection.enforcing_success_rate
          'outlier_detection':{'max_ejection_time':'1s'}     | outlier_detection.max_ejection_time
          'outlier_detection':{'monitors':[{'name':'a'}]}    | outlier_detection.monitors[0]
          'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}} | transport_socket.typed_config
          'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext','sni':'a b'}} | transport_socket.typed_config.sni
          'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext','allow_renegotiation':true}} | transport_socket.typed_config.allow_renegotiation
          'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext','common_tls_context':{'tls_certificates':[{}]}}} | transport_socket.typed_config.common_tls_context.tls_certificates[0].certificate_chain
          'transport_socket_matches':[{'name':'a'},{'name':'a'}] | transport_socket_matches[1].name
          'transport_socket_matches':[{'name':'a','transport_socket':{'name':'t','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer'}}}] | transport_socket_matches[0].transport_socket.typed_config
          'upstream_http_protocol_options':{'override_auto_sni_header':'a b'} | upstream_http_protocol_options.override_auto_sni_header
          'connect_timeout':'0s'                             | connect_timeout
          'common_lb_config':{'healthy_panic_threshold':{'value':101}} | common_lb_config.healthy_panic_threshold.value
          'circuit_breakers':{'per_host_thresholds':[{'max_requests':3}]} | circuit_breakers.per_host_thresholds[0].max_requests
          """)
  void refusesAClusterByField(String fields, String path) {
    Cluster.Builder builder = Cluster.newBuilder();
    Samples.encode(
        "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}}}", builder);
    if (fields.contains("eds_cluster_config")) {
      builder.clearEdsClusterConfig();
    }
    if (fields.contains("'name':''")) {
      builder.clearName();
    }
    if (fields.contains("type'")) {
      builder.clearClusterDiscoveryType();
    }
    assertThat(errors(parser.cluster(Samples.encode("{" + fields + "}", builder))))
        .extracting(ConfigError::field)
        .contains(path);
  }

  @Test
  void readsWhereAnOriginalDestinationIsNamed() {
    ClusterConfig plain =
        ok(cluster("{'name':'c','type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED'}"));
    assertThat(plain.discovery())
        .isEqualTo(
            new Discovery.OriginalDst(
                Duration.ofSeconds(5), Optional.empty(), Optional.empty(), OptionalInt.empty()));
    ClusterConfig full =
        ok(
            cluster(
                "{'name':'c','type':'ORIGINAL_DST','lb_policy':'CLUSTER_PROVIDED',"
                    + "'cleanup_interval':'2s','original_dst_lb_config':{'use_http_header':true,"
                    + "'http_header_name':'x-to','upstream_port_override':81,"
                    + "'metadata_key':{'key':'ns','path':[{'key':'a'},{'key':'b'}]}}}"));
    assertThat(full.discovery())
        .isEqualTo(
            new Discovery.OriginalDst(
                Duration.ofSeconds(2),
                Optional.of("x-to"),
                Optional.of(new ClusterConfig.MetadataKey("ns", List.of("a", "b"))),
                OptionalInt.of(81)));
  }

  @Test
  void readsOutlierDetection() {
    assertThat(
            ok(cluster(
                    "{'name':'c','load_assignment':{'cluster_name':'c'},'outlier_detection':{}}"))
                .health()
                .outliers())
        .contains(OutlierDetection.DEFAULT);
    OutlierDetection read =
        ok(cluster(
                "{'name':'c','load_assignment':{'cluster_name':'c'},"
                    + "'outlier_detection':{'consecutive_5xx':3,'interval':'2s',"
                    + "'base_ejection_time':'400s','max_ejection_percent':40,"
                    + "'always_eject_one_host':true,'max_ejection_time_jitter':'7s',"
                    + "'enforcing_consecutive_5xx':50,'success_rate_stdev_factor':1500,"
                    + "'failure_percentage_threshold':60,"
                    + "'split_external_local_origin_errors':true,"
                    + "'successful_active_health_check_uneject_host':false}}"))
            .health()
            .outliers()
            .orElseThrow();
    assertThat(read.consecutive5xx()).isEqualTo(new OutlierDetection.Consecutive(3, 50));
    assertThat(read.ejection())
        .isEqualTo(
            new OutlierDetection.Ejection(
                Duration.ofSeconds(400), Duration.ofSeconds(400), Duration.ofSeconds(7), 40, true));
    assertThat(read.successRate().deviations()).isEqualTo(1500);
    assertThat(read.failurePercentage().threshold()).isEqualTo(60);
    assertThat(read.split()).isTrue();
    assertThat(read.checkReturns()).isFalse();
  }

  @Test
  void readsHealthChecks() {
    HealthConfig read =
        ok(cluster(
                "{'name':'c','load_assignment':{'cluster_name':'c'},"
                    + "'ignore_health_on_host_removal':true,'common_lb_config':"
                    + "{'ignore_new_hosts_until_first_hc':true},'health_checks':[{"
                    + "'timeout':'1s','interval':'2s','unhealthy_threshold':3,"
                    + "'healthy_threshold':4,'unhealthy_interval':'5s','alt_port':81,"
                    + "'reuse_connection':false,'event_log_path':'/x',"
                    + "'tls_options':{'alpn_protocols':['a']},"
                    + "'http_health_check':{'path':'/h','codec_client_type':'HTTP2'}}]}"))
            .health();
    assertThat(read.forgetAtOnce()).isTrue();
    assertThat(read.newAreLeftOut()).isTrue();
    HealthCheck check = read.check().orElseThrow();
    Duration two = Duration.ofSeconds(2);
    Duration five = Duration.ofSeconds(5);
    Duration minute = Duration.ofSeconds(60);
    assertThat(check.times())
        .isEqualTo(
            new HealthCheck.Times(
                Duration.ofSeconds(1),
                two,
                Duration.ZERO,
                Duration.ZERO,
                0,
                minute,
                minute,
                five,
                five,
                two));
    assertThat(check.unhealthyAfter()).isEqualTo(3);
    assertThat(check.healthyAfter()).isEqualTo(4);
    assertThat(check.altPort()).hasValue(81);
    assertThat(check.reuseConnection()).isFalse();
    assertThat(check.events().paths()).containsExactly("/x");
    assertThat(check.alpn()).containsExactly("a");
    assertThat(check.probe())
        .asInstanceOf(type(HealthCheck.Probe.Http.class))
        .satisfies(http -> {
          assertThat(http.http2()).isTrue();
          assertThat(http.expected()).containsExactly(new HealthCheck.Statuses(200, 201));
          assertThat(http.receiveMost()).isEqualTo(1024);
        });
  }

  @Test
  void readsTheDnsExtension() {
    ClusterConfig config =
        ok(
            cluster(
                "{'name':'c','cluster_type':{'name':'envoy.clusters.dns','typed_config':{'@type':"
                    + "'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',"
                    + "'dns_refresh_rate':'7s','dns_jitter':'1s','dns_lookup_family':'V4_PREFERRED',"
                    + "'dns_failure_refresh_rate':{'base_interval':'2s'},"
                    + "'all_addresses_in_single_endpoint':true}},'load_assignment':"
                    + "{'cluster_name':'c','endpoints':[{'lb_endpoints':[{'endpoint':{'address':"
                    + "{'socket_address':{'address':'up.test','port_value':80}}}}]}]}}"));
    assertThat(config.discovery())
        .asInstanceOf(type(Discovery.StrictDns.class))
        .satisfies(dns -> {
          assertThat(dns.refreshRate()).isEqualTo(Duration.ofSeconds(7));
          assertThat(dns.lookupFamily()).isEqualTo(ClusterConfig.DnsLookupFamily.V4_PREFERRED);
          assertThat(dns.options())
              .isEqualTo(
                  new ClusterConfig.DnsOptions(
                      true, Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ofSeconds(1)));
        });
  }

  @Test
  void readsWhatUpstreamConnectionsAreBoundTo() {
    ClusterConfig config =
        ok(
            cluster(
                "{'name':'c','type':'STATIC','load_assignment':{'cluster_name':'c'},"
                    + "'upstream_bind_config':{'source_address':{'address':'127.0.0.2',"
                    + "'port_value':0},'extra_source_addresses':[{'address':{'address':'::1',"
                    + "'port_value':0}}],'socket_options':[{'level':1,'name':2,'int_value':-1},"
                    + "{'level':3,'name':4,'buf_value':'AAE='}]}}"));
    assertThat(config.bind().orElseThrow())
        .isEqualTo(
            new BindConfig(
                List.of(new SocketEndpoint("127.0.0.2", 0), new SocketEndpoint("::1", 0)),
                List.of(
                    new BindConfig.SocketOption(
                        1, 2, ByteString.copyFrom(new byte[] {-1, -1, -1, -1})),
                    new BindConfig.SocketOption(3, 4, ByteString.copyFrom(new byte[] {0, 1})))));
  }

  @Test
  void anEndpointMayBeNamed() {
    EndpointsConfig config =
        ok(
            endpoints(
                "{'cluster_name':'c','named_endpoints':{'a':{'address':{'socket_address':"
                    + "{'address':'10.0.0.1','port_value':80}},'hostname':'h'}},'endpoints':["
                    + "{'lb_endpoints':[{'endpoint_name':'a','load_balancing_weight':3}]}]}"));
    EndpointsConfig.Endpoint endpoint = config.localities().getFirst().endpoints().getFirst();
    assertThat(endpoint.address()).isEqualTo(new SocketEndpoint("10.0.0.1", 80));
    assertThat(endpoint.hostname()).isEqualTo("h");
    assertThat(endpoint.weight()).isEqualTo(3);
    assertThat(errors(endpoints(endpoint("'endpoint_name':'b'"))))
        .extracting(ConfigError::field)
        .containsExactly("endpoints[0].lb_endpoints[0].endpoint_name");
  }

  @Test
  void readsWhatHoldsForAllEndpoints() {
    String policy =
        "{'cluster_name':'c','policy':{'endpoint_stale_after':'3s','drop_overloads':["
            + "{'category':'x','drop_percentage':{'numerator':25}}%s]}}";
    assertThat(ok(endpoints(String.format(policy, ""))).policy())
        .isEqualTo(
            new EndpointsConfig.Policy(
                140,
                List.of(new EndpointsConfig.DropOverload("x", 250_000)),
                Duration.ofSeconds(3),
                false));
    assertThat(errors(endpoints(String.format(policy, ",{'category':'y'}"))))
        .extracting(ConfigError::field)
        .containsExactly("policy.drop_overloads[1]");
  }

  private static String endpoint(String fields) {
    return "{'cluster_name':'c','endpoints':[{'locality':{'zone':'z1'},'lb_endpoints':[{"
        + fields
        + "}]}]}";
  }

  @Test
  void readsEndpointsWithMetadata() {
    EndpointsConfig read =
        ok(
            endpoints(
                endpoint(
                    "'endpoint':{'hostname':'h','address':{'socket_address':{'address':'::1',"
                        + "'port_value':80}}},'health_status':'DRAINING','load_balancing_weight':7,"
                        + "'metadata':{'filter_metadata':{'envoy.lb':{'rack':'r1'}}}")));
    EndpointsConfig.Endpoint endpoint = read.localities().getFirst().endpoints().getFirst();
    assertThat(endpoint.address()).hasToString("[::1]:80");
    assertThat(endpoint.weight()).isEqualTo(7);
    assertThat(endpoint.health().usable()).isFalse();
    assertThat(endpoint.metadata())
        .containsEntry(
            "envoy.lb",
            new StructValue.Fields(java.util.Map.of("rack", new StructValue.Text("r1"))));
    assertThat(read.localities().getFirst().locality().zone()).isEqualTo("z1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          'endpoint':{'address':{'pipe':{'path':'x'}}} | endpoint.address.pipe.path
          'endpoint':{}                                 | endpoint.address
          'endpoint_name':'x'                           | endpoint_name
          'endpoint':{'address':{'socket_address':{'address':'a.example','port_value':1}}} | endpoint.address.socket_address.address
          'endpoint':{'address':{'socket_address':{'address':'1.1.1.1','port_value':0}}} | endpoint.address.socket_address.port_value
          'endpoint':{'address':{'socket_address':{'address':'1.1.1.1','named_port':'http'}}} | endpoint.address.socket_address.named_port
          'endpoint':{'address':{'socket_address':{'address':'1.1.1.1','port_value':1}}},'load_balancing_weight':0 | load_balancing_weight
          """)
  void refusesAnEndpointByField(String fields, String path) {
    assertThat(errors(endpoints(endpoint(fields))))
        .extracting(ConfigError::field)
        .contains("endpoints[0].lb_endpoints[0]." + path);
  }

  @Test
  void warnsOfFieldsWithoutEffect() {
    Parsed<ClusterConfig> parsed =
        cluster(
            "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}},"
                + "'track_cluster_stats':{'timeout_budgets':true}}");
    assertThat(parsed)
        .asInstanceOf(type(Parsed.Ok.class))
        .satisfies(ok ->
            assertThat(ok.warnings().toString())
                .isEqualTo("[Cluster c: track_cluster_stats: accepted and without effect]"));
  }

  private static String host(String fields) {
    return "{'name':'web','virtual_hosts':[{'name':'all','domains':['*'],"
        + fields
        + ",'routes':[{'match':{'prefix':'/'},'route':{'cluster':'c'}}]}]}";
  }

  @Test
  void tellsAMissingEffectFromNone() {
    Parsed<ClusterConfig> parsed =
        cluster(
            "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}},"
                + "'track_cluster_stats':{},'typed_dns_resolver_config':{'name':'d'}}");
    assertThat(parsed).isInstanceOf(Parsed.Ok.class);
    assertThat(((Parsed.Ok<?>) parsed).warnings())
        .containsExactlyInAnyOrder(
            new ConfigWarning("Cluster c", "track_cluster_stats", false),
            new ConfigWarning("Cluster c", "typed_dns_resolver_config", true));
  }

  @Test
  void readsWhatListenersAndChainsSayOfThemselves() {
    String metadata = "'metadata':{'filter_metadata':{'shop':{'tier':'gold'}}}";
    ListenerConfig listener =
        ok(
            listener(
                Samples.http(Samples.PLAIN)
                    .replace(
                        "'filter_chains':[{", metadata + ",'filter_chains':[{" + metadata + ",")));
    Map<String, StructValue.Fields> read =
        Map.of("shop", new StructValue.Fields(Map.of("tier", new StructValue.Text("gold"))));
    assertThat(listener.metadata()).isEqualTo(read);
    assertThat(listener.filterChains().getFirst().metadata()).isEqualTo(read);
  }

  @Test
  void readsWhatRoutesHostsAndClustersSayOfThemselves() {
    String metadata = "'metadata':{'filter_metadata':{'shop':{'tier':'gold'}}}";
    Map<String, StructValue.Fields> read =
        Map.of("shop", new StructValue.Fields(Map.of("tier", new StructValue.Text("gold"))));
    VirtualHostConfig host =
        ok(routes(
                "{'name':'web','virtual_hosts':[{'name':'all','domains':['*'],"
                    + metadata
                    + ",'routes':[{'match':{'prefix':'/'},'route':{'cluster':'c'},"
                    + metadata
                    + "}]}]}"))
            .virtualHosts()
            .getFirst();
    assertThat(host.metadata()).isEqualTo(read);
    assertThat(host.routes().getFirst().metadata()).isEqualTo(read);
    assertThat(
            ok(cluster(
                    "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}},"
                        + metadata
                        + "}"))
                .metadata())
        .isEqualTo(read);
  }

  @Test
  void readsWhoIsToldOfAttempts() {
    assertThat(
            ok(routes(host("'include_request_attempt_count':true")))
                .virtualHosts()
                .getFirst()
                .attemptCounts())
        .isEqualTo(new AttemptCounts(true, false));
    assertThat(
            ok(routes(host("'include_attempt_count_in_response':true")))
                .virtualHosts()
                .getFirst()
                .attemptCounts())
        .isEqualTo(new AttemptCounts(false, true));
  }

  @Test
  void countsUnknownFieldsAndRefusesThemOnlyWhenStrict() {
    ByteString encoded =
        Cluster.newBuilder()
            .mergeFrom(
                parse("{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}}}"))
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(9999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build()
            .toByteString();
    assertThat(parser.cluster(encoded))
        .asInstanceOf(type(Parsed.Ok.class))
        .satisfies(ok -> assertThat(ok.unknownFields()).isEqualTo(1));
    assertThat(errors(new ResourceParser(ParseOptions.STRICT).cluster(encoded)))
        .extracting(ConfigError::field)
        .containsExactly("#9999");
  }

  private static Cluster parse(String json) {
    Cluster.Builder builder = Cluster.newBuilder();
    Samples.encode(json, builder);
    return builder.build();
  }

  @Test
  void refusesAResourceOfAnotherType() {
    assertThat(
            errors(
                parser.parse(
                    ResourceType.CLUSTER,
                    Samples.any(ResourceType.LISTENER.typeUrl(), ByteString.EMPTY))))
        .extracting(ConfigError::message)
        .containsExactly(
            "resource: found type.googleapis.com/envoy.config.listener.v3.Listener, expected "
                + "type.googleapis.com/envoy.config.cluster.v3.Cluster");
  }
}
