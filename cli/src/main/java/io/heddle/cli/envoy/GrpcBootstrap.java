package io.heddle.cli.envoy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * The bootstrap of a gRPC application that speaks xDS itself, in the JSON that every gRPC library
 * reads from {@code GRPC_XDS_BOOTSTRAP} (gRFC A27; A29 for certificates, A36 for servers, A97 for
 * tokens).
 *
 * @param nodeId {@code grpc~NAMESPACE~INSTANCE}
 * @param nodeCluster the service's name
 * @param metadata what the control plane must know of this application
 * @param control the control plane's xDS listener
 * @param access how it is spoken to
 * @param locality {@code region/zone/subZone}, or empty
 * @param files of the application's own TLS
 */
public record GrpcBootstrap(
    String nodeId,
    String nodeCluster,
    Map<String, String> metadata,
    HostPort control,
    ControlAccess access,
    String locality,
    CertificateFiles files) {
  /** As the control plane names listeners of servers, and certificate providers. */
  private static final String SERVER_LISTENERS = "heddle/server/%s";

  private static final String PROVIDER = "heddle";

  /** How often a library looks for new certificates. */
  private static final String REFRESH = "10s";

  public GrpcBootstrap {
    metadata = Map.copyOf(metadata);
  }

  public ObjectNode json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode server =
        root.putArray("xds_servers").addObject().put("server_uri", control.toString());
    ObjectNode credentials = server.putArray("channel_creds").addObject();
    if (access.authority().isEmpty()) {
      credentials.put("type", "insecure");
    } else {
      credentials
          .put("type", "tls")
          .putObject("config")
          .put("ca_certificate_file", access.authority());
    }
    if (!access.tokenFile().isEmpty()) {
      server
          .putArray("call_creds")
          .addObject()
          .put("type", "jwt_token_file")
          .putObject("config")
          .put("jwt_token_file", access.tokenFile());
    }
    server.putArray("server_features").add("xds_v3");
    ObjectNode node = root.putObject("node").put("id", nodeId).put("cluster", nodeCluster);
    ObjectNode keys = node.putObject("metadata");
    metadata.keySet().stream().sorted().forEach(key -> keys.put(key, metadata.get(key)));
    ObjectNode place = node.putObject("locality"); // the library of Node.js wants it, even empty
    if (!locality.isEmpty()) {
      String[] parts = locality.split("/", -1);
      place.put("region", parts[0]);
      if (parts.length > 1) {
        place.put("zone", parts[1]);
      }
      if (parts.length > 2) {
        place.put("sub_zone", parts[2]);
      }
    }
    root.put("server_listener_resource_name_template", SERVER_LISTENERS);
    if (!files.authority().isEmpty() || !files.certificate().isEmpty()) {
      ObjectNode config =
          root.putObject("certificate_providers")
              .putObject(PROVIDER)
              .put("plugin_name", "file_watcher")
              .putObject("config");
      if (!files.certificate().isEmpty()) {
        config.put("certificate_file", files.certificate()).put("private_key_file", files.key());
      }
      if (!files.authority().isEmpty()) {
        config.put("ca_certificate_file", files.authority());
      }
      config.put("refresh_interval", REFRESH);
    }
    return root;
  }

  /**
   * Files of an application's TLS; an empty name is none.
   *
   * @param authority whom it believes
   */
  public record CertificateFiles(String certificate, String key, String authority) {}
}
