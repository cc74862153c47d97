package io.heddle.proxy.app;

import io.heddle.proxy.app.dynamic.DynamicConfig;
import io.heddle.proxy.app.dynamic.Progress;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.LastGoodStore;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsClientOptions;
import io.heddle.xds.client.XdsNode;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.client.XdsStats;
import io.heddle.xds.client.XdsVariant;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
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
  private static final String LAST_GOOD = "last-good.bin";

  private final XdsScheduler scheduler;
  private final XdsClient client;
  private final DynamicConfig driver;
  private final HeadStart headStart;

  DynamicPlane(
      Engine engine,
      Boot boot,
      BootstrapConfig.DynamicSource.Ads ads,
      ControlPlane target,
      ProxySettings settings,
      ServerLife life,
      InstantSource clock,
      ChannelSource channels) {
    scheduler = XdsScheduler.singleThread("heddle-xds");
    XdsClientOptions.Builder options =
        XdsClientOptions.builder(
                XdsNode.of(boot.config().node(), Version.text()), target.targets().getFirst())
            .authority(target.authority())
            .variant(
                switch (ads.variant()) {
                  case DELTA -> XdsVariant.DELTA;
                  case STATE_OF_THE_WORLD -> XdsVariant.STATE_OF_THE_WORLD;
                })
            .nodeOnFirstMessageOnly(ads.nodeOnFirstMessageOnly())
            .scheduler(scheduler);
    target.targets().stream().skip(1).forEach(options::alsoTarget);
    boolean onDisk = false;
    if (settings.state().isPresent()) {
      Path file = settings.state().get().resolve(LAST_GOOD);
      onDisk = Files.exists(file);
      options.lastGood(LastGoodStore.at(file, boot.config().node().id()));
    }
    headStart = new HeadStart(scheduler, life, onDisk);
    ParseOptions parse =
        settings.rejectUnknownDynamicFields() ? ParseOptions.STRICT : ParseOptions.LENIENT;
    Relay relay = new Relay();
    driver =
        new DynamicConfig(
            engine,
            boot.config(),
            ads,
            parse,
            scheduler,
            clock,
            relay::subscribe,
            progress -> reached(life, progress),
            life::listenersChanged);
    client = XdsClient.create(options.build(), driver, channels);
    relay.client = client;
  }

  /** Ties the knot: the driver subscribes at the client that calls it. */
  private static final class Relay {
    private @org.jspecify.annotations.Nullable XdsClient client;

    void subscribe(ResourceType type, Set<String> names) {
      if (client == null) {
        throw new IllegalStateException("subscribed before the client was made");
      }
      client.subscribe(type, names);
    }
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
    client.startFromDisk();
    headStart.then(client::startStream);
  }

  HeadStart headStart() {
    return headStart;
  }

  XdsStats stats() {
    return client.stats();
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

  XdsClient client() {
    return client;
  }

  DynamicConfig driver() {
    return driver;
  }

  @Override
  public void close() {
    client.close();
    scheduler.close();
  }
}
