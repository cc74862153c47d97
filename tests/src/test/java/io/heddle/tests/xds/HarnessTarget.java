package io.heddle.tests.xds;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.XdsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** An xDS server and, on a port of its own, the adapter that sets its state. */
public final class HarnessTarget implements AutoCloseable {
  private final XdsServer xds;
  private final Server target;
  private final Server adapter;

  HarnessTarget(int xdsPort, int adapterPort) throws IOException {
    ResourceCache cache = new ResourceCache();
    HarnessAdapter states = new HarnessAdapter(cache);
    xds = XdsServer.builder(cache, HarnessAdapter.resolver()).shards(2).build();
    target =
        NettyServerBuilder.forAddress(loopback(xdsPort))
            .directExecutor()
            .addServices(xds.services())
            .build()
            .start();
    adapter =
        NettyServerBuilder.forAddress(loopback(adapterPort))
            .directExecutor()
            .addService(states.service())
            .build()
            .start();
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  int xdsPort() {
    return target.getPort();
  }

  int adapterPort() {
    return adapter.getPort();
  }

  @Override
  public void close() {
    adapter.shutdownNow();
    xds.close();
    target.shutdownNow();
  }

  /** Serves until the process is ended. */
  public static void main(String[] args) throws IOException, InterruptedException {
    try (HarnessTarget both =
        new HarnessTarget(Integer.parseInt(args[0]), Integer.parseInt(args[1]))) {
      System.out.printf("xDS on %d, adapter on %d%n", both.xdsPort(), both.adapterPort());
      both.target.awaitTermination();
    }
  }
}
