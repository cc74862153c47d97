package io.heddle.control.app;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.control.api.registry.Registry;
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
import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http1.Http1Config;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running control plane: store and registry, publisher, gRPC server, REST API; started in this
 * order and closed in the other.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final int LARGEST_GRPC_MESSAGE = 8 << 20;
  private static final int FLOW_WINDOW = 1 << 20;
  private static final int LARGEST_GRPC_METADATA = 16 << 10;
  private static final int CALLS_PER_CONNECTION = 1_024;
  private static final int API_CONNECTIONS = 1_024;
  private static final int API_REQUESTS = 256;
  private static final int LARGEST_API_HEAD = 16 << 10;
  private static final int CALLS_PER_SECOND = 500;
  private static final int CALLS_AT_ONCE = 2_000;
  private static final int STREAMS_PER_SECOND = 4_000;
  private static final int STREAMS_AT_ONCE = 8_000;
  private static final EmbeddedStoreConfig SHARED_HISTORY =
      EmbeddedStoreConfig.of(Path.of(".")).withHistoryBytes(16 << 20);
  private static final int FAILURES_PER_SECOND = 5;
  private static final int FAILURES_AT_ONCE = 50;

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
    Optional<ServerIdentity> identity = identity(config, keys, state, clock);
    if (identity.isPresent()) {
      firstToken(tokens, state);
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
    Server grpc = grpc(config, publisher, registry, calls, tokens, identity);
    xdsPort = grpc.getPort();
    List<Endpoint> endpoints =
        Endpoints.of(
            store,
            registry,
            publisher,
            rollouts,
            tokens,
            others,
            loads,
            weigher);
    sharing.ifPresent(with -> with.peers().start()); // everything that is asked is answered now
    WebServer api = api(config, endpoints, tokens, identity);
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
          state.resolve("tls").resolve("ca.pem"));
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
  private static Optional<ServerIdentity> identity(
      ControlConfig config, Optional<EtcdKeys> keys, Path state, Clock clock) throws IOException {
    if (!config.secured()) {
      return Optional.empty();
    }
    Path folder = Files.createDirectories(state.resolve("tls"));
    ownerOnly(folder);
    List<InetAddress> bound =
        List.of(config.apiAddress().getAddress(), config.xdsAddress().getAddress());
    SharedAuthority.Making making =
        in -> ServerIdentity.in(in, ServerIdentity.namesOf(bound), clock.instant());
    return Optional.of(
        keys.isEmpty() ? making.in(folder) : SharedAuthority.identity(keys.get(), folder, making));
  }

  /** Without any token nobody could make one. */
  private static void firstToken(Tokens tokens, Path state) throws IOException {
    if (!tokens.all().isEmpty()) {
      return;
    }
    Path file = state.resolve("operator.token");
    Optional<String> secret = tokens.create("operator", Role.OPERATE, "").map(Tokens.Made::secret);
    if (secret.isEmpty()) {
      return; // another control plane that shares them was first
    }
    OwnFile.write(file, (secret.get() + "\n").getBytes(StandardCharsets.US_ASCII));
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

  private Server grpc(
      ControlConfig config,
      Publisher publisher,
      Registry registry,
      OpenCalls calls,
      Tokens tokens,
      Optional<ServerIdentity> identity)
      throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(config.xdsAddress())
            // Nothing that is called here blocks.
            .directExecutor()
            .maxInboundMessageSize(LARGEST_GRPC_MESSAGE)
            .maxInboundMetadataSize(LARGEST_GRPC_METADATA)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
            // A fixed window: to find one, gRPC would ping with every acknowledgement.
            .flowControlWindow(FLOW_WINDOW)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .handshakeTimeout(10, TimeUnit.SECONDS)
            .maxConnectionIdle(5, TimeUnit.MINUTES)
            .addService(new RegistrationService(registry, config.heartbeat(), config.leaseGrace()));
    publisher.server().services().forEach(builder::addService);
    if (identity.isPresent() && !config.open(config.xdsAddress())) {
      builder.sslContext(
          GrpcSslContexts.configure(
                  SslContextBuilder.forServer(identity.get().key(), identity.get().chain()))
              .build());
      builder.intercept(new GrpcAccess(tokens, failures()));
    }
    if (config.shared().isPresent()) {
      builder.intercept(calls); // the last one added is called first
    }
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException(unbound("--xds-address", config.xdsAddress(), e), e);
    }
    closings.push(() -> {
      server.shutdownNow();
      if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("gRPC calls are still open after 5 s");
      }
    });
    return server;
  }

  /** How often an address may come without a right token. */
  private static RateLimit failures() {
    return new RateLimit(System::nanoTime, FAILURES_PER_SECOND, FAILURES_AT_ONCE);
  }

  private WebServer api(
      ControlConfig config,
      List<Endpoint> endpoints,
      Tokens tokens,
      Optional<ServerIdentity> identity)
      throws IOException {
    boolean open = config.open(config.apiAddress());
    RestApi rest =
        new RestApi(
            endpoints,
            new Access(
                open,
                tokens,
                new RateLimit(System::nanoTime, CALLS_PER_SECOND, CALLS_AT_ONCE),
                failures()),
            new CallerCheck(config.apiAddress().getAddress().isLoopbackAddress()));
    WebServerConfig.Builder builder =
        WebServer.builder()
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .address(config.apiAddress().getAddress())
            .port(config.apiAddress().getPort())
            // Above the limit of a body, so that such a one is answered in words.
            .maxPayloadSize(4L * ApiRequest.LARGEST_BODY)
            .maxTcpConnections(API_CONNECTIONS)
            .maxConcurrentRequests(API_REQUESTS)
            .idleConnectionTimeout(Duration.ofMinutes(1))
            .connectionOptions(options -> options.readTimeout(Duration.ofSeconds(30)))
            .addProtocol(Http1Config.builder().maxHeadersSize(LARGEST_API_HEAD).build())
            .routing(rest::route);
    if (identity.isPresent() && !open) {
      builder.tls(Tls.builder().sslContext(identity.get().context()).build());
    }
    WebServer server = builder.build();
    server.start();
    // A server that could not bind logs it, stops, and returns as if all were well.
    if (!server.isRunning()) {
      server.stop();
      throw new IOException(taken("--api-address", config.apiAddress()));
    }
    closings.push(server::stop);
    return server;
  }

  private static String unbound(String option, InetSocketAddress address, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException
          || String.valueOf(cause.getMessage()).contains("already in use")) {
        return taken(option, address);
      }
    }
    return option + ": " + address + " cannot be served: " + failure.getMessage();
  }

  private static String taken(String option, InetSocketAddress address) {
    return option
        + ": "
        + address.getAddress().getHostAddress()
        + ":"
        + address.getPort()
        + " is in use, or not an address of this machine (expected: a free one; is another control"
        + " plane running?)";
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
