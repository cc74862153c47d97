package io.heddle.proxy.engine;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/**
 * A server of blocking sockets whose behaviour a test writes down, one virtual thread a connection.
 */
final class Upstream implements AutoCloseable {
  private final ServerSocket server;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  final List<String> heads = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();

  /** Serves one connection. */
  interface Script {
    void run(Wire wire) throws IOException;
  }

  Upstream(Script script) {
    this(script, 0);
  }

  /** With this receive buffer, so that the kernel takes little that is not read; 0 leaves it. */
  Upstream(Script script, int receiveBuffer) {
    this(script, receiveBuffer, ServerSocketFactory.getDefault());
  }

  /** With sockets of this kind, such as those of TLS. */
  Upstream(Script script, int receiveBuffer, ServerSocketFactory sockets) {
    try {
      server = sockets.createServerSocket();
      if (receiveBuffer > 0) {
        server.setReceiveBufferSize(receiveBuffer);
      }
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
    Thread.ofVirtual().start(() -> accept(script));
  }

  /** Answers every request with this body. */
  static Upstream answering(String body) {
    return new Upstream(wire -> {
      while (wire.request() != null) {
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
      }
    });
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept(Script script) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        connections.incrementAndGet();
        Thread.ofVirtual()
            .start(() -> {
              try (socket) {
                script.run(new Wire(socket, heads));
              } catch (IOException gone) {
                // The proxy closed it, which many tests want.
                sockets.remove(socket);
              }
            });
      } catch (IOException closed) {
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** One end of a connection, read line by line. */
  static final class Wire implements AutoCloseable {
    final Socket socket;
    final InputStream in;
    final OutputStream out;
    private final List<String> heads;

    Wire(Socket socket, List<String> heads) throws IOException {
      this.socket = socket;
      this.heads = heads;
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    static Wire connect(int port) throws IOException {
      return connect(port, 0);
    }

    /** With this receive buffer, so that the kernel takes little that is not read; 0 leaves it. */
    static Wire connect(int port, int receiveBuffer) throws IOException {
      Socket socket = new Socket();
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(10_000);
      return new Wire(socket, new CopyOnWriteArrayList<>());
    }

    void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** A head with its empty line; null at the end. */
    String head() throws IOException {
      StringBuilder head = new StringBuilder();
      while (true) {
        int c = in.read();
        if (c < 0) {
          return head.isEmpty() ? "" : head + "<EOF>";
        }
        head.append((char) c);
        if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
          return head.toString();
        }
      }
    }

    /** The head of a request, its body read too where a length is given; null at the end. */
    @org.jspecify.annotations.Nullable
    String request() throws IOException {
      String head = head();
      if (head.isEmpty()) {
        return null;
      }
      heads.add(head);
      if (head.contains("content-length: ")) {
        var _ = read(length(head));
      }
      return head;
    }

    static int length(String head) {
      int at = head.indexOf("content-length: ") + 16;
      return Integer.parseInt(head.substring(at, head.indexOf('\r', at)));
    }

    String read(int bytes) throws IOException {
      byte[] all = in.readNBytes(bytes);
      return new String(all, StandardCharsets.ISO_8859_1);
    }

    /** A response with its body by length or chunks; the raw text. */
    String response() throws IOException {
      String head = head();
      if (head.contains("content-length: ")) {
        return head + read(length(head));
      }
      if (head.contains("transfer-encoding: chunked")) {
        StringBuilder all = new StringBuilder(head);
        while (!all.toString().endsWith("0\r\n\r\n")) {
          int c = in.read();
          if (c < 0) {
            return all + "<EOF>";
          }
          all.append((char) c);
        }
        return all.toString();
      }
      return head;
    }

    /** Everything to the end. */
    String rest() throws IOException {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    String roundTrip(String request) throws IOException {
      send(request);
      return response();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
