package io.heddle.cli;

import io.heddle.cli.envoy.GrpcBootstrap.CertificateFiles;
import io.heddle.cli.envoy.HostPort;
import java.util.Map;
import picocli.CommandLine.Option;

/** What only a gRPC application has. */
final class GrpcOptions {
  @Option(
      names = "--listen",
      paramLabel = "IP:PORT",
      description = "gRPC: where it takes calls, exactly as it gives it to its server")
  private String listen = "";

  @Option(
      names = "--locality",
      paramLabel = "REGION/ZONE",
      description = "gRPC: where it runs; near instances are called first")
  private String locality = "";

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "gRPC: its own certificates, in PEM")
  private String certificate = "";

  @Option(names = "--key", paramLabel = "FILE", description = "gRPC: the key of the first one")
  private String key = "";

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "gRPC: the certificates by which it believes others")
  private String authority = "";

  @Option(
      names = "--any-client",
      description = "gRPC: its server wants no certificate of its clients")
  private boolean anyClient;

  boolean given() {
    return anyClient || !(listen + locality + certificate + key + authority).isEmpty();
  }

  String locality() {
    if (locality.split("/", -1).length > 3 || !locality.matches("[A-Za-z0-9._/-]{0,200}")) {
      throw UsageFailure.of(
          "--locality: " + locality + " (expected: REGION, REGION/ZONE or REGION/ZONE/SUBZONE)");
    }
    return locality;
  }

  CertificateFiles files() {
    if (certificate.isEmpty() != key.isEmpty()) {
      throw UsageFailure.of("--certificate and --key: give both, or neither");
    }
    if (!listen.isEmpty() && !certificate.isEmpty() && authority.isEmpty() && !anyClient) {
      throw UsageFailure.of(
          "--ca: give it too, or --any-client where the server wants no certificate of its"
              + " clients");
    }
    if (anyClient && (listen.isEmpty() || certificate.isEmpty())) {
      throw UsageFailure.of("--any-client: give --listen, --certificate and --key too");
    }
    return new CertificateFiles(
        ControlAccessOptions.file("--certificate", certificate),
        ControlAccessOptions.file("--key", key),
        ControlAccessOptions.file("--ca", authority));
  }

  /** Adds what the control plane must know. */
  void describe(Map<String, String> metadata) {
    if (!listen.isEmpty()) {
      HostPort place;
      try {
        place = HostPort.parse(listen);
      } catch (IllegalArgumentException e) {
        throw UsageFailure.of("--listen: " + e.getMessage(), e);
      }
      if (!place.literal() || place.port() == 0) {
        throw UsageFailure.of("--listen: " + listen + " (expected: IP:PORT)");
      }
      metadata.put("HEDDLE_INBOUND", place.toString());
    }
    if (!certificate.isEmpty()) {
      metadata.put("HEDDLE_TLS", anyClient ? "server" : "mutual");
    } else if (!authority.isEmpty()) {
      metadata.put("HEDDLE_TLS", "ca");
    }
  }
}
