package io.heddle.control.app;

import io.grpc.Server;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.core.publish.LocalityWeigher;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.registry.LeaseConfig;
import io.heddle.control.core.registry.LeaseRegistry;
import io.heddle.control.core.registry.ThreadPulse;
import io.heddle.control.core.rollout.Replicas;
import io.heddle.control.core.rollout.Rollouts;
import io.heddle.control.core.shared.EtcdKeys;
import io.heddle.control.core.shared.SharedKeysException;
import io.heddle.control.core.status.OtherBoards;
import io.heddle.control.core.store.EmbeddedStore;
import io.heddle.control.core.store.EmbeddedStoreConfig;
import io.heddle.control.core.store.SharedStore;
import io.heddle.control.core.translate.NodeFacts;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running control plane: store and registry, publisher, gRPC server, REST API; started in this
 * order and closed in the other.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final int STREAMS_PER_SECOND = 4_000;
  private static final int STREAMS_AT_ONCE = 8_000;
  private static final EmbeddedStoreConfig SHARED_HISTORY =
      EmbeddedStoreConfig.of(Path.of(".")).withHistoryBytes(16 << 20);

  /** One step of closing. */
  private interface Closing {
    void close() throws Exception;
  }

  /** What was opened, the latest first. Guarded by this. */
  private final Deque<Closing> closings = new ArrayDeque<>();

  private int apiPort;
  private int xdsPort;

  private ControlPlane() {}

  /**
   * Starts everything, or nothing.
   *
   * @throws StartFailure saying what is in the way
   */
  static ControlPlane start(ControlConfig config) throws StartFailure {
    ControlPlane plane = new ControlPlane();
    try {
      plane.open(config);
      return plane;
    } catch (IOException | RuntimeException e) {
      plane.close();
      throw failure(config, e);
    }
  }

  private synchronized void open(ControlConfig config) throws IOException {
    Clock clock = Clock.systemUTC();
    Path state = Files.createDirectories(config.state());
    ownerOnly(state);
    Optional<EtcdKeys> keys = keys(config);
    Store store =
        keys.isPresent()
            ? opened(SharedStore.open(keys.get(), SHARED_HISTORY, clock))
            : opened(EmbeddedStore.open(EmbeddedStoreConfig.of(state.resolve("store")), clock));
    Tokens tokens = tokens(keys, state, clock);
    Optional<ShownCertificate> identity = identity(config, keys, state, clock);
    if (identity.isPresent()) {
      firstToken(tokens, state);
      opened(new Repeating("heddle-certificate", Duration.ofSeconds(1), identity.get()::look));
    }
    OpenCalls calls =
        new OpenCalls(new RateLimit(System::nanoTime, STREAMS_PER_SECOND, STREAMS_AT_ONCE));
    ThreadPulse dispatch = opened(new ThreadPulse("heddle-registry"));
    Optional<Sharing> sharing =
        keys.isEmpty()
            ? Optional.empty()
            : Optional.of(opened(Sharing.join(keys.get(), config.xdsAddress(), dispatch)));
    LeaseRegistry registry = registry(config, sharing, dispatch, state, clock);
    sharing.ifPresent(with -> opened(with.share(registry, calls)).start());
    Publisher publisher =
        opened(
            new Publisher(
                store,
                registry,
                clock,
                state.resolve("culprits.json"),
                node -> GrpcAccess.claims(NodeFacts.parse(node.metadata()))));
    Rollouts rollouts =
        new Rollouts(
            store,
            publisher.staging(),
            publisher::loads,
            clock,
            sharing.isPresent() ? sharing.get().replicas() : Replicas.ALONE);
    rollouts.restore();
    OtherPlanes others = new OtherPlanes(sharing.map(Sharing::peers));
    EveryLoad loads = new EveryLoad(publisher::clusterLoads, others);
    LocalityWeigher weigher =
        new LocalityWeigher(
            store,
            loads::clusters,
            () -> sharing.isEmpty() || sharing.get().replicas().leads(),
            publisher::localityShares,
            clock);
    weigher.follow();
    publisher.start();
    opened(new Repeating("heddle-rollouts", Duration.ofMillis(200), rollouts::tick));
    opened(new Repeating("heddle-localities", Duration.ofSeconds(1), weigher::tick));
    if (sharing.isPresent()) {
      sharing.get().peers().answer(Sharing.ROLLOUTS, rollouts::answer);
      OtherBoards.join(publisher.board(), sharing.get().peers());
      OtherStreams.join(publisher.server(), sharing.get().peers());
    }
    Listeners listeners = new Listeners(config, tokens, identity);
    Server grpc =
        listeners.grpc(
            publisher.server(),
            new RegistrationService(registry, config.heartbeat(), config.leaseGrace()),
            calls);
    closings.push(() -> Listeners.end(grpc));
    xdsPort = grpc.getPort();
    List<Endpoint> endpoints =
        Endpoints.of(store, registry, publisher, rollouts, tokens, others, loads, weigher);
    sharing.ifPresent(with -> with.peers().start()); // everything that is asked is answered now
    WebServer api = listeners.api(endpoints);
    closings.push(api::stop);
    apiPort = api.port();
    LOG.info(
        "control plane is ready: REST API on {}:{}, xDS and registration on {}:{}",
        config.apiAddress().getAddress().getHostAddress(),
        apiPort,
        config.xdsAddress().getAddress().getHostAddress(),
        xdsPort);
    if (identity.isPresent()) {
      LOG.info(
          "TLS: callers trust {}; tokens are made by `heddle token create`",
          config.certificate().isPresent()
              ? "the authority of " + config.certificate().get().cert()
              : state.resolve("tls").resolve("ca.pem"));
    }
  }

  private Optional<EtcdKeys> keys(ControlConfig config) throws IOException {
    return config.shared().isEmpty()
        ? Optional.empty()
        : Optional.of(opened(EtcdKeys.open(config.shared().get())));
  }

  private Tokens tokens(Optional<EtcdKeys> keys, Path state, Clock clock) throws IOException {
    return keys.isEmpty()
        ? Tokens.open(state.resolve("tokens.json"), clock)
        : Tokens.open(opened(new SharedText(keys.get(), SharedText.TOKENS)), clock);
  }

  /** Made at the first start that needs it. */
  private static Optional<ShownCertificate> identity(
      ControlConfig config, Optional<EtcdKeys> keys, Path state, Clock clock) throws IOException {
    if (!config.secured()) {
      return Optional.empty();
    }
    if (config.certificate().isPresent()) {
      return Optional.of(ShownCertificate.of(config.certificate().get()));
    }
    Path folder = Files.createDirectories(state.resolve("tls"));
    ownerOnly(folder);
    List<InetAddress> bound =
        List.of(config.apiAddress().getAddress(), config.xdsAddress().getAddress());
    SharedAuthority.Making making =
        in -> ServerIdentity.in(in, ServerIdentity.namesOf(bound), clock.instant());
    return Optional.of(
        ShownCertificate.made(
            keys.isEmpty()
                ? making.in(folder)
                : SharedAuthority.identity(keys.get(), folder, making)));
  }

  /** Without any token nobody could make one. */
  private static void firstToken(Tokens tokens, Path state) throws IOException {
    if (!tokens.all().isEmpty()) {
      return;
    }
    Path file = state.resolve("operator.token");
    Optional<Tokens.Made> made =
        tokens.create(
            "operator",
            Role.OPERATE,
            "",
            secret -> OwnFile.write(file, (secret + "\n").getBytes(StandardCharsets.US_ASCII)));
    if (made.isEmpty()) {
      // Another control plane that shares them was first.
      var _ = Files.deleteIfExists(file);
      return;
    }
    LOG.info("the token of an operator is in {}; only its owner may read it", file);
  }

  private LeaseRegistry registry(
      ControlConfig config,
      Optional<Sharing> sharing,
      ThreadPulse dispatch,
      Path state,
      Clock clock) {
    LeaseConfig leases =
        LeaseConfig.of(state.resolve("registry.checkpoint"))
            .withTimes(config.heartbeat(), config.leaseGrace());
    ThreadPulse disk = new ThreadPulse("heddle-checkpoint");
    LeaseRegistry registry;
    try {
      registry =
          sharing.isEmpty()
              ? LeaseRegistry.start(leases, System::nanoTime, clock, dispatch, disk)
              : LeaseRegistry.shared(
                  leases,
                  sharing.get().keys(),
                  sharing.get().self(),
                  System::nanoTime,
                  clock,
                  dispatch,
                  disk);
    } catch (RuntimeException e) {
      disk.close();
      throw e;
    }
    opened(registry);
    // Is closed before the registry, which then writes its last checkpoint itself.
    opened(disk);
    return registry;
  }

  private static StartFailure failure(ControlConfig config, Exception cause) {
    String message = String.valueOf(cause.getMessage());
    return switch (cause) {
      case StoreException _, IllegalStateException _, SharedKeysException _ ->
          new StartFailure(message, cause);
      case IOException _ when message.startsWith("--") -> new StartFailure(message, cause);
      case IOException _ -> new StartFailure("--state: " + config.state() + ": " + cause, cause);
      default -> new StartFailure("the control plane cannot start: " + cause, cause);
    };
  }

  private static void ownerOnly(Path folder) throws IOException {
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    closings.push(part::close);
    return part;
  }

  /** The port of the REST API, also where a free one was asked for. */
  public synchronized int apiPort() {
    return apiPort;
  }

  /** The port of xDS and registration. */
  public synchronized int xdsPort() {
    return xdsPort;
  }

  @Override
  public synchronized void close() {
    while (!closings.isEmpty()) {
      try {
        closings.pop().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.warn("a part of the control plane did not close well", e);
      }
    }
  }
}
