package io.heddle.proxy.app;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.proxy.app.dynamic.DynamicConfig;
import io.heddle.proxy.app.dynamic.Progress;
import io.heddle.proxy.app.runtime.RuntimeSources;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.FileFeed;
import io.heddle.xds.client.LastGoodStore;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsClientOptions;
import io.heddle.xds.client.XdsNode;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.SourceConfig.Origin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The xDS client with the driver behind it. Loaded only where the bootstrap has dynamic resources,
 * so that a static proxy never loads gRPC.
 */
final class DynamicPlane implements AutoCloseable {
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  /** The file in the state folder. */
  static final String LAST_GOOD = "last-good.bin";

  private final XdsScheduler scheduler;
  private final Optional<XdsClient> ads;
  private final Sources sources;
  private final DynamicConfig driver;
  private final HeadStart headStart;
  private final Optional<LoadReporter> loads;

  DynamicPlane(
      Engine engine,
      Boot boot,
      RuntimeSources runtime,
      ProxySettings settings,
      ServerLife life,
      InstantSource clock,
      SecuredChannels channels,
      FileFeed.Watches watches) {
    BootstrapConfig config = boot.config();
    Node node = XdsNode.of(config.node(), Version.text());
    scheduler = XdsScheduler.singleThread("heddle-xds");
    ParseOptions parse =
        settings.rejectUnknownDynamicFields() ? ParseOptions.STRICT : ParseOptions.LENIENT;
    sources =
        new Sources(config, node, parse, scheduler, channels, new EngineFetcher(engine), watches);
    driver =
        new DynamicConfig(
            engine,
            config,
            runtime,
            parse,
            scheduler,
            clock,
            sources,
            progress -> reached(life, progress),
            life::listenersChanged);
    boolean onDisk = false;
    if (config.dynamic().ads().isPresent()) {
      Origin.Grpc stream = config.dynamic().ads().get();
      XdsClientOptions.Builder options =
          Sources.options(node, stream, ControlPlane.of(config, stream.target()), scheduler);
      if (settings.state().isPresent()) {
        Path file = settings.state().get().resolve(LAST_GOOD);
        onDisk = Files.exists(file);
        options.lastGood(LastGoodStore.at(file, config.node().id()));
      }
      ads =
          Optional.of(
              XdsClient.create(
                  options.build(), driver.sink(Origin.Ads.ADS), channels.to(stream.target())));
    } else {
      ads = Optional.empty();
    }
    headStart = new HeadStart(scheduler, life, onDisk);
    loads = config.loadStats().map(to -> reporter(to, engine, config, node, channels));
    sources.connect(driver, ads);
  }

  private LoadReporter reporter(
      Origin.Grpc to, Engine engine, BootstrapConfig config, Node node, SecuredChannels channels) {
    ControlPlane target = ControlPlane.of(config, to.target());
    // One connection of its own: a report must not wait behind a large configuration.
    return new LoadReporter(
        node,
        to.options(),
        () ->
            channels
                .to(to.target())
                .open(target.targets().getFirst(), target.authority(), KEEP_ALIVE, scheduler),
        engine::clusters,
        engine::stats,
        scheduler);
  }

  private static void reached(ServerLife life, Progress progress) {
    switch (progress) {
      case WAITING_FOR_CLUSTERS -> {}
      case WAITING_FOR_LISTENERS -> life.reach(ServerLife.State.INITIALIZING);
      case DONE -> life.reach(ServerLife.State.LIVE);
    }
  }

  void start() {
    scheduler.execute(driver::start);
    ads.ifPresent(client -> {
      client.startFromDisk();
      headStart.then(client::startStream);
    });
    loads.ifPresent(reporter -> headStart.then(reporter::start));
  }

  HeadStart headStart() {
    return headStart;
  }

  Sources sources() {
    return sources;
  }

  /** Asks on the client's own thread. */
  <T> T ask(Supplier<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    scheduler.execute(() -> {
      try {
        answer.complete(question.get());
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    });
    try {
      return answer.get(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the xDS client did not answer", e);
    }
  }

  DynamicConfig driver() {
    return driver;
  }

  @Override
  public void close() {
    scheduler.execute(sources::end);
    ads.ifPresent(XdsClient::close);
    loads.ifPresent(LoadReporter::close);
    scheduler.close();
  }
}
