package io.heddle.cli.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.envoy.GrpcBootstrap.CertificateFiles;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrpcBootstrapTest {
  private static final HostPort CONTROL = HostPort.parse("127.0.0.1:7071");

  private static JsonNode json(ControlAccess access, String locality, CertificateFiles files) {
    return new GrpcBootstrap(
            "grpc~default~pay-1",
            "pay",
            Map.of("HEDDLE_KIND", "grpc"),
            CONTROL,
            access,
            locality,
            files)
        .json();
  }

  @Test
  void hasWhatEveryLibraryNeeds() {
    JsonNode root = json(ControlAccess.PLAIN, "", new CertificateFiles("", "", ""));

    assertThat(root.at("/xds_servers/0/server_uri").asText()).isEqualTo("127.0.0.1:7071");
    assertThat(root.at("/xds_servers/0/channel_creds/0/type").asText()).isEqualTo("insecure");
    assertThat(root.at("/node/metadata/HEDDLE_KIND").asText()).isEqualTo("grpc");
    assertThat(root.path("server_listener_resource_name_template").asText())
        .isEqualTo("heddle/server/%s");
    assertThat(root.has("certificate_providers")).isFalse();
    assertThat(root.at("/node/locality").toString()).isEqualTo("{}");
  }

  @Test
  void namesItsFilesAndItsPlace() {
    JsonNode root =
        json(
            new ControlAccess("/ca.pem", "/pay.jwt", ""),
            "eu/a",
            new CertificateFiles("/cert.pem", "/key.pem", "/ca.pem"));

    assertThat(root.at("/xds_servers/0/channel_creds/0/config/ca_certificate_file").asText())
        .isEqualTo("/ca.pem");
    assertThat(root.at("/xds_servers/0/call_creds/0/config/jwt_token_file").asText())
        .isEqualTo("/pay.jwt");
    assertThat(root.at("/node/locality").toString())
        .isEqualTo("{\"region\":\"eu\",\"zone\":\"a\"}");
    JsonNode files = root.at("/certificate_providers/heddle");
    assertThat(files.path("plugin_name").asText()).isEqualTo("file_watcher");
    assertThat(files.at("/config/certificate_file").asText()).isEqualTo("/cert.pem");
    assertThat(files.at("/config/private_key_file").asText()).isEqualTo("/key.pem");
  }
}
