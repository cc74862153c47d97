package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of the xdstp scheme are refused where something is named by them. */
class XdstpTest {
  private static final String FILTER =
      "{name: http, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,"
          + " stat_prefix: in, ROUTES, http_filters: [FILTERS{name: router, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}";

  private static final String LISTENER =
      "{static_resources: {listeners: [{name: in, address: {socket_address: {address: 127.0.0.1,"
          + " port_value: 0}}, filter_chains: [{TLSfilters: ["
          + FILTER
          + "]}]}]}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {dynamic_resources: {lds_resources_locator: xdstp://a/b}} | dynamic_resources.lds_resources_locator
          {dynamic_resources: {cds_resources_locator: xdstp://a/b}} | dynamic_resources.cds_resources_locator
          {default_config_source: {ads: {}}} | default_config_source
          {config_sources: [{ads: {}}]} | config_sources
          {dynamic_resources: {cds_config: {ads: {}, authorities: [{name: a}]}}} | dynamic_resources.cds_config.authorities
          {static_resources: {clusters: [{name: c, type: EDS, eds_cluster_config: {service_name: xdstp://a/b, eds_config: {ads: {}}}}]}} | static_resources.clusters[0].eds_cluster_config.service_name
          {static_resources: {clusters: [{name: xdstp://a/b, type: EDS, eds_cluster_config: {eds_config: {ads: {}}}}]}} | static_resources.clusters[0].name
          {layered_runtime: {layers: [{name: a, rtds_layer: {name: xdstp://a/b, rtds_config: {ads: {}}}}]}} | layered_runtime.layers[0].rtds_layer.name
          """)
  void namedInABootstrap(String document, String field) {
    assertThat(refusal(document)).contains(field);
  }

  @Test
  void namedByAListener() {
    String inline = "route_config: {virtual_hosts: []}";
    assertThat(
            refusal(
                listener(
                    "rds: {route_config_name: 'xdstp://a/r', config_source: {ads: {}}}", "", "")))
        .contains("rds.route_config_name: found xdstp://a/r")
        .contains("expected a plain name, as xdstp names are not supported");
    assertThat(
            refusal(
                listener(
                    inline,
                    "{name: 'xdstp://a/f', config_discovery: {config_source: {ads: {}}, type_urls:"
                        + " [type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer]}},"
                        + " ",
                    "")))
        .contains("config_discovery: found xdstp://a/f");
    assertThat(
            refusal(
                listener(
                    inline,
                    "",
                    "transport_socket: {name: tls, typed_config: {'@type':"
                        + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext,"
                        + " common_tls_context: {tls_certificate_sds_secret_configs: [{name:"
                        + " 'xdstp://a/s', sds_config: {ads: {}}}]}}}, ")))
        .contains("tls_certificate_sds_secret_configs[0].name: found xdstp://a/s");
  }

  private static String listener(String routes, String filters, String tls) {
    return LISTENER
        .replace("ROUTES", routes)
        .replace("FILTERS", filters)
        .replace("TLSfilters", tls + "filters");
  }

  private static String refusal(String document) {
    return switch (new BootstrapParser(ParseOptions.STRICT).parse(document)) {
      case Parsed.Ok<BootstrapConfig> _ -> "accepted";
      case Parsed.Refused<BootstrapConfig> refused -> refused.message();
    };
  }
}
