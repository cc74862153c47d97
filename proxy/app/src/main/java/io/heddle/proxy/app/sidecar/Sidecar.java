package io.heddle.proxy.app.sidecar;

import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Endpoint;
import io.heddle.contract.registration.v1.Health;
import io.heddle.contract.registration.v1.Protocol;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registration of the instance beside the proxy, with the health that it reports: the
 * application's, as long as the proxy itself can be reached. Safe on every thread; fields are
 * guarded by {@code this}.
 */
public final class Sidecar implements AutoCloseable {
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(Sidecar.class);

  private final XdsScheduler registrationThread = XdsScheduler.singleThread("heddle-registration");
  private final XdsScheduler healthThread = XdsScheduler.singleThread("heddle-health");
  private final RegistrationClient registration;
  private final HealthChecker checker;
  private boolean proxyReady;
  private boolean appHealthy;
  private String appDetail = "not checked yet";

  /**
   * Makes the parts; {@link #start} begins.
   *
   * @param proxyReady whether the proxy can be reached from the beginning, as one of somebody else
   */
  public Sidecar(
      SidecarOptions options,
      String instance,
      int inboundPort,
      ChannelSource channels,
      boolean proxyReady) {
    this.proxyReady = proxyReady;
    this.registration =
        new RegistrationClient(
            announce(options, instance, inboundPort),
            options.control(),
            channels,
            registrationThread,
            new SplittableRandom());
    HealthProbe probe =
        options.healthPath().isEmpty()
            ? HealthProbe.tcp(options.appPort(), PROBE_TIMEOUT)
            : HealthProbe.http(options.appPort(), options.healthPath(), PROBE_TIMEOUT);
    this.checker = new HealthChecker(probe, healthThread, this::appHealth);
  }

  /** What is announced. */
  static Announce announce(SidecarOptions options, String instance, int inboundPort) {
    return Announce.newBuilder()
        .setNamespace(options.namespace())
        .setService(options.service())
        .setInstance(instance)
        .setInbound(Endpoint.newBuilder().setAddress(options.address()).setPort(inboundPort))
        .setAppPort(options.appPort())
        .setProtocol(Protocol.PROTOCOL_HTTP)
        .putAllLabels(options.labels())
        .setProxyId(MeshBootstrap.nodeId("sidecar", options.namespace(), instance))
        .build();
  }

  /** Begins to check and to register. */
  public void start() {
    checker.start();
    registration.start();
  }

  /** Says whether the inbound listener serves. */
  public void proxyReady(boolean ready) {
    synchronized (this) {
      proxyReady = ready;
    }
    report();
  }

  /** A successor registers the instance: it must not go, and nobody may say that it is unwell. */
  public void standBy() {
    registration.standBy();
  }

  /** The successor is gone. */
  public void goOn() {
    registration.goOn();
  }

  private void appHealth(boolean healthy, String detail) {
    synchronized (this) {
      appHealthy = healthy;
      appDetail = detail;
    }
    report();
  }

  private void report() {
    boolean healthy;
    String detail;
    synchronized (this) {
      healthy = appHealthy && proxyReady;
      detail = appHealthy && !proxyReady ? "the proxy is not ready" : appDetail;
    }
    registration.health(
        healthy ? Health.State.STATE_HEALTHY : Health.State.STATE_UNHEALTHY, detail);
  }

  /**
   * Takes the instance away, waiting up to 2 s for the control plane.
   *
   * @return whether it took note
   */
  public boolean leave() {
    checker.stop();
    try {
      return registration.goodbye("shutdown").get(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The control plane was not told of the end: {}", e.toString());
    }
    return false;
  }

  @Override
  public void close() {
    healthThread.close();
    registrationThread.close();
  }
}
