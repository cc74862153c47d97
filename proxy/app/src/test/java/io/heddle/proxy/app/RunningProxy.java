package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.proxy.app.admin.YamlJson;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A proxy that runs in this process, and its admin API. */
record RunningProxy(ProxyRuntime runtime, HttpClient client) implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Starts with a bootstrap, whose admin port should be 0. */
  static RunningProxy start(String text) {
    BootstrapConfig config =
        switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
          case Parsed.Ok<BootstrapConfig> ok -> ok.value();
          case Parsed.Refused<BootstrapConfig> refused ->
              throw new AssertionError(refused.message());
        };
    Boot boot = new Boot(config, () -> YamlJson.of(text));
    return switch (ProxyRuntime.start(boot, ProxySettings.small())) {
      case Launch.Running running ->
          new RunningProxy(running.runtime(), HttpClient.newHttpClient());
      case Launch.Failed failed -> throw new AssertionError(failed.errors().toString());
    };
  }

  /** Waits until it has all that it waits for. */
  void awaitLive() {
    await().atMost(PATIENCE).until(() -> runtime.life().state() == ServerLife.State.LIVE);
  }

  /** What the admin API answers. */
  String get(String path) {
    InetSocketAddress admin = runtime.adminAddress().orElseThrow();
    try {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.getPort() + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      return response.body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Waits until a statistic's line is there. */
  void awaitStat(String line) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat("\n" + get("/stats")).contains("\n" + line + "\n"));
  }

  /** A counter or gauge; 0 where there is none. */
  long stat(String name) {
    for (String line : get("/stats").split("\n", -1)) {
      if (line.startsWith(name + ": ")) {
        return Long.parseLong(line.substring(name.length() + 2));
      }
    }
    return 0;
  }

  /** The port of the first listener. */
  int port() {
    return runtime.engine().listeners().getFirst().address().orElseThrow().getPort();
  }

  @Override
  public void close() {
    runtime.close();
    client.close();
  }
}
