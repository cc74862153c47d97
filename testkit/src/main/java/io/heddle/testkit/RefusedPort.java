package io.heddle.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of the loopback address at which every connection is refused: it is bound, so that nobody
 * else on the machine gets it, and nobody listens.
 */
public final class RefusedPort implements AutoCloseable {
  private final Socket socket = new Socket();

  public RefusedPort() throws IOException {
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  public int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
