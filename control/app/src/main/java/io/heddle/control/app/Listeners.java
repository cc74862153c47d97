package io.heddle.control.app;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.xds.server.XdsServer;
import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http1.Http1Config;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the two listeners of a control plane, with the bounds of what callers may cost. */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
  private static final int LARGEST_GRPC_MESSAGE = 8 << 20;
  private static final int FLOW_WINDOW = 1 << 20;
  private static final int LARGEST_GRPC_METADATA = 16 << 10;
  private static final int CALLS_PER_CONNECTION = 1_024;
  private static final int API_CONNECTIONS = 1_024;
  private static final int API_REQUESTS = 256;
  private static final int LARGEST_API_HEAD = 16 << 10;
  private static final int CALLS_PER_SECOND = 500;
  private static final int CALLS_AT_ONCE = 2_000;
  private static final int FAILURES_PER_SECOND = 5;
  private static final int FAILURES_AT_ONCE = 50;

  private final ControlConfig config;
  private final Tokens tokens;
  private final Optional<ShownCertificate> identity;

  /**
   * Nothing is bound yet.
   *
   * @param identity what is shown where TLS is spoken; empty where it is nowhere
   */
  Listeners(ControlConfig config, Tokens tokens, Optional<ShownCertificate> identity) {
    this.config = config;
    this.tokens = tokens;
    this.identity = identity;
  }

  /** Starts the one of xDS and registration. */
  Server grpc(XdsServer xds, RegistrationService registration, OpenCalls calls) throws IOException {
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
            .addService(registration);
    xds.services().forEach(builder::addService);
    if (identity.isPresent() && !config.open(config.xdsAddress())) {
      builder.sslContext(
          GrpcSslContexts.configure(SslContextBuilder.forServer(identity.get())).build());
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
    return server;
  }

  /** Ends the calls, and waits a moment for those that end by themselves. */
  static void end(Server server) throws InterruptedException {
    server.shutdownNow();
    if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
      LOG.warn("gRPC calls are still open after 5 s");
    }
  }

  /** How often an address may come without a right token. */
  private static RateLimit failures() {
    return new RateLimit(System::nanoTime, FAILURES_PER_SECOND, FAILURES_AT_ONCE);
  }

  /** Starts the one of the REST API. */
  WebServer api(List<Endpoint> endpoints) throws IOException {
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
}
