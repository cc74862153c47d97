package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** A control plane on free ports, with an HTTP client and a gRPC channel to it. */
final class RunningPlane implements AutoCloseable {
  /** What the REST API answered. */
  record Reply(int status, JsonNode body) {}

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ControlPlane plane;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ManagedChannel channel;

  RunningPlane(Path state, Duration grace) throws StartFailure {
    this.plane = ControlPlane.start(config(state, 0, grace));
    this.channel = NettyChannelBuilder.forAddress(loopback(plane.xdsPort())).usePlaintext().build();
  }

  static ControlConfig config(Path state, int apiPort, Duration grace) {
    return new ControlConfig(state, loopback(apiPort), loopback(0), Duration.ofSeconds(1), grace);
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  ManagedChannel channel() {
    return channel;
  }

  int apiPort() {
    return plane.apiPort();
  }

  Reply get(String path) {
    return send(request(path).GET().build());
  }

  Reply delete(String path) {
    return send(request(path).DELETE().build());
  }

  Reply post(String path, String body) {
    return send(
        request(path)
            .header("X-Heddle-File", "shop.yaml")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + plane.apiPort() + path))
        .timeout(Duration.ofSeconds(20));
  }

  Reply send(HttpRequest request) {
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      boolean json =
          response.headers().firstValue("content-type").orElse("").equals("application/json");
      return new Reply(
          response.statusCode(),
          json ? MAPPER.readTree(response.body()) : MAPPER.createObjectNode());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    http.close();
    plane.close();
  }
}
