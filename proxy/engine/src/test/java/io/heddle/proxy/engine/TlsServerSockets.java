package io.heddle.proxy.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.function.Consumer;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** Server sockets with the JDK's TLS, which is not the proxy's. */
final class TlsServerSockets extends ServerSocketFactory {
  private final SSLContext context;
  private final Consumer<SSLServerSocket> settings;

  TlsServerSockets(SSLContext context, Consumer<SSLServerSocket> settings) {
    this.context = context;
    this.settings = settings;
  }

  @Override
  public ServerSocket createServerSocket() throws IOException {
    SSLServerSocket socket =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
    settings.accept(socket);
    return socket;
  }

  @Override
  public ServerSocket createServerSocket(int port) throws IOException {
    throw new IOException("not for tests");
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog) throws IOException {
    throw new IOException("not for tests");
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog, InetAddress address)
      throws IOException {
    throw new IOException("not for tests");
  }
}
