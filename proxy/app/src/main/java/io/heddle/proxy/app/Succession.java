package io.heddle.proxy.app;

import io.heddle.proxy.app.UpgradeSettings.Role;
import io.heddle.proxy.app.upgrade.UpgradeClient;
import io.heddle.proxy.app.upgrade.UpgradeException;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Ready;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Welcome;
import io.heddle.proxy.app.upgrade.UpgradeServer;
import io.heddle.proxy.app.upgrade.UpgradeSocket;
import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.InheritedSockets;
import io.heddle.proxy.engine.OpenSocket;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process between the one before it and the one after it. Safe on every thread; fields are
 * guarded by {@code this}.
 *
 * <p>The order of a takeover: descriptors are taken before the event loops are made; when the proxy
 * is live it accepts, and only then the process before is told to stop accepting. So a failed start
 * changes nothing, and no connection finds nobody.
 */
final class Succession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  private final UpgradeSettings settings;
  private final @Nullable UpgradeClient before;
  private final InheritedSockets inherited;
  private final List<Runnable> whenHandedOver = new ArrayList<>();
  private final List<Runnable> whenTakenBack = new ArrayList<>();
  private final CompletableFuture<Void> alone = new CompletableFuture<>();
  private @Nullable UpgradeServer server;
  private boolean tookPlace;
  private boolean closed;
  private int handovers;
  private boolean finished;

  private Succession(
      UpgradeSettings settings, @Nullable UpgradeClient before, InheritedSockets inherited) {
    this.settings = settings;
    this.before = before;
    this.inherited = inherited;
    if (before == null) {
      alone.complete(null);
    }
  }

  /** What the process does when its place in the row changes. */
  interface Host {
    Engine engine();

    ServerLife life();

    LifeSettings times();

    /** Where the admin API listens; empty where it does not. */
    String admin();

    /** The admin API may share its address for a moment, or no more. */
    void shareAdmin(boolean shared);

    /** Begins to serve the admin API. */
    void openAdmin();

    void closeAdmin();
  }

  /**
   * Finds the process before, and takes its descriptors.
   *
   * @throws UpgradeException where there is none although there should be, or the other way round
   */
  static Succession begin(UpgradeSettings settings) throws UpgradeException {
    if (settings.role() == Role.ALONE || settings.socket().isEmpty()) {
      return new Succession(settings, null, InheritedSockets.none());
    }
    UpgradeSocket socket = settings.socket().get();
    switch (settings.role()) {
      case FIRST, FIRST_IF_FREE -> {
        if (runs(socket)) {
          String taken = "a process that runs has the upgrade socket " + socket.path();
          if (settings.role() == Role.FIRST) {
            throw new UpgradeException(
                taken + ": give this one another --base-id, or --upgrade to replace it");
          }
          LOG.warn("No in-place upgrade of this process: {}; --base-id chooses another", taken);
          return new Succession(UpgradeSettings.ALONE, null, InheritedSockets.none());
        }
        return new Succession(settings, null, InheritedSockets.none());
      }
      case REPLACES, REPLACES_IF_RUNNING -> {
        Optional<UpgradeClient> found = UpgradeClient.connect(socket, Version.text());
        if (found.isEmpty()) {
          if (settings.role() == Role.REPLACES) {
            throw new UpgradeException(
                "no process runs at " + socket.path() + ": start without --restart-epoch");
          }
          return new Succession(settings, null, InheritedSockets.none());
        }
        UpgradeClient client = found.get();
        try {
          LOG.info(
              "Replaces process {}, build {}", client.welcome().pid(), client.welcome().build());
          return new Succession(settings, client, client.take());
        } catch (UpgradeException e) {
          client.close();
          throw e;
        }
      }
      case ALONE -> {}
    }
    return new Succession(settings, null, InheritedSockets.none());
  }

  private static boolean runs(UpgradeSocket socket) {
    if (!Files.exists(socket.path())) {
      return false;
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket.path()));
    } catch (IOException _) {
      return false;
    }
  }

  InheritedSockets inherited() {
    return inherited;
  }

  Optional<Welcome> predecessor() {
    return Optional.ofNullable(before).map(UpgradeClient::welcome);
  }

  /** How many processes came before this one. */
  int epoch() {
    return predecessor().map(welcome -> welcome.epoch() + 1).orElse(0);
  }

  Instant firstStarted(Instant ownStart) {
    return predecessor()
        .map(welcome -> Instant.ofEpochMilli(welcome.firstStartMillis()))
        .orElse(ownStart);
  }

  /** Runs the task when this process serves alone: at once where there was none before. */
  void whenServing(Runnable task) {
    var _ = alone.thenRun(task);
  }

  /** What to do when a successor takes over, and when that is taken back. */
  synchronized void onHandover(Runnable handedOver, Runnable takenBack) {
    whenHandedOver.add(handedOver);
    whenTakenBack.add(takenBack);
  }

  /** Whether a successor serves and everything here has ended. */
  synchronized boolean finished() {
    return finished;
  }

  /** The proxy is live: it takes its place in the row, on a thread of its own. Once. */
  void live(Host host) {
    synchronized (this) {
      if (tookPlace || closed) {
        return;
      }
      tookPlace = true;
    }
    Thread thread = new Thread(() -> takePlace(host), "heddle-succession");
    thread.setDaemon(true);
    thread.start();
  }

  private void takePlace(Host host) {
    UpgradeClient old = before;
    if (old != null) {
      host.openAdmin();
      host.engine().accept();
      LifeSettings times = host.times();
      try {
        old.ready(
            new Ready(
                times.listenerDrain().toMillis(),
                times.tunnelGrace().toMillis(),
                times.parentShutdown().toMillis()),
            afterwards(host.engine()));
        LOG.info("Took over from process {}", old.welcome().pid());
      } catch (UpgradeException e) {
        LOG.warn("{}; this one serves", e.getMessage());
      }
      host.shareAdmin(false);
      int left = inherited.closeRest();
      if (left > 0) {
        LOG.info("{} sockets of the process before are not used any more", left);
      }
      alone.complete(null);
    }
    if (settings.socket().isEmpty()) {
      return;
    }
    try {
      UpgradeServer made = UpgradeServer.start(settings.socket().get(), new Predecessor(host));
      synchronized (this) {
        if (!closed) {
          server = made;
          return;
        }
      }
      made.close();
    } catch (UpgradeException e) {
      LOG.warn("No in-place upgrade of this process: {}", e.getMessage());
    }
  }

  private static UpgradeClient.Afterwards afterwards(Engine engine) {
    CountedStats counted = new CountedStats();
    return new UpgradeClient.Afterwards() {
      @Override
      public void counted(Stats stats) {
        counted.add(engine, stats);
      }

      @Override
      public void alone() {
        counted.alone(engine);
        LOG.info("The process before is gone");
      }
    };
  }

  /** What this process does for its successor. */
  private final class Predecessor implements UpgradeServer.Outgoing {
    private final Host host;
    private final CountedStats counted = new CountedStats();

    Predecessor(Host host) {
      this.host = host;
    }

    @Override
    public Welcome welcome() {
      host.shareAdmin(true);
      return new Welcome(
          io.heddle.proxy.app.upgrade.UpgradeMessage.VERSION,
          ProcessHandle.current().pid(),
          Version.text(),
          epoch(),
          firstStarted(host.life().started()).toEpochMilli(),
          host.admin(),
          host.engine().openSockets());
    }

    @Override
    public boolean lend(OpenSocket socket, IntConsumer use) {
      return host.engine().lend(socket, use);
    }

    @Override
    public void handOver(Ready ready) {
      int handover;
      List<Runnable> tasks;
      synchronized (Succession.this) {
        handover = ++handovers;
        tasks = List.copyOf(whenHandedOver);
      }
      tasks.forEach(Runnable::run);
      host.life().reach(ServerLife.State.DRAINING);
      host.closeAdmin();
      Duration drain = Duration.ofMillis(ready.drainMillis());
      Duration shutdown = Duration.ofMillis(Math.max(ready.shutdownMillis(), ready.drainMillis()));
      DrainPlan plan =
          DrainPlan.over(drain)
              .strategy(host.times().strategy())
              .graces(shutdown.minus(drain), Duration.ofMillis(ready.tunnelGraceMillis()))
              .listening(DrainPlan.Listening.PAUSE);
      var _ =
          host.engine()
              .drain(plan, false)
              .toCompletableFuture()
              .orTimeout(shutdown.toMillis() + 1, TimeUnit.MILLISECONDS)
              .whenComplete((_, _) -> finish(host, handover));
    }

    @Override
    public void abandoned() {
      host.shareAdmin(false);
    }

    @Override
    public void takeBack() {
      List<Runnable> tasks;
      synchronized (Succession.this) {
        if (finished) {
          return;
        }
        handovers++;
        tasks = List.copyOf(whenTakenBack);
      }
      host.engine().accept();
      host.life().serveAgain();
      host.openAdmin();
      tasks.forEach(Runnable::run);
    }

    @Override
    public List<Stats> counted() {
      return counted.since(host.engine().stats());
    }
  }

  private void finish(Host host, int handover) {
    synchronized (this) {
      if (handover != handovers || closed) {
        return;
      }
      finished = true;
    }
    LOG.info("The successor serves, and nothing is left here");
    host.life().requestQuit();
  }

  @Override
  public void close() {
    UpgradeServer made;
    synchronized (this) {
      closed = true;
      made = server;
    }
    if (made != null) {
      made.close();
    }
    if (before != null) {
      before.close();
    }
    inherited.closeRest();
  }
}
