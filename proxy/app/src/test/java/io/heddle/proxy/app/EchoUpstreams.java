package io.heddle.proxy.app;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The servers behind the bootstraps of {@code tests/bootstraps}: one and two say over HTTP/1.1 what
 * reached them (and never answer {@code /slow}), the third gives bytes back.
 */
final class EchoUpstreams implements AutoCloseable {
  private static final long LONG_SECONDS = 60;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Socket> open = new ArrayList<>();
  private final ServerSocket one;
  private final ServerSocket two;
  private final ServerSocket bytes;

  private EchoUpstreams() throws IOException {
    one = listen();
    two = listen();
    bytes = listen();
    threads.execute(() -> accept(one, socket -> http("one", socket)));
    threads.execute(() -> accept(two, socket -> http("two", socket)));
    threads.execute(() -> accept(bytes, EchoUpstreams::echo));
  }

  static EchoUpstreams start() throws IOException {
    return new EchoUpstreams();
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** The bootstrap with the ports of these servers, and a free one for its listener. */
  String in(String bootstrap) {
    return bootstrap
        .replace("port_value: 10000", "port_value: 0")
        .replace("port_value: 8001", "port_value: " + one.getLocalPort())
        .replace("port_value: 8002", "port_value: " + two.getLocalPort())
        .replace("localhost:8001", "localhost:" + one.getLocalPort())
        .replace("port_override: 8002", "port_override: " + two.getLocalPort())
        .replace("port_value: 8004", "port_value: " + bytes.getLocalPort());
  }

  private interface Service {
    void serve(Socket socket) throws IOException, InterruptedException;
  }

  private void accept(ServerSocket listening, Service service) {
    try {
      while (true) {
        Socket socket = listening.accept();
        synchronized (open) {
          open.add(socket);
        }
        threads.execute(() -> {
          try (socket) {
            service.serve(socket);
          } catch (IOException _) {
            // The proxy has gone.
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private static void echo(Socket socket) throws IOException {
    socket.getInputStream().transferTo(socket.getOutputStream());
  }

  private static void http(String name, Socket socket) throws IOException, InterruptedException {
    InputStream in = socket.getInputStream();
    while (true) {
      String head = head(in);
      if (head.isEmpty()) {
        return;
      }
      if (head.contains(" /slow")) {
        TimeUnit.SECONDS.sleep(LONG_SECONDS);
      }
      byte[] body = (name + " " + head).getBytes(StandardCharsets.UTF_8);
      String answer = "HTTP/1.1 200 OK\r\ncontent-length: " + body.length + "\r\n\r\n";
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(body);
    }
  }

  /** A head; bodies are empty in these tests. */
  private static String head(InputStream in) throws IOException {
    StringBuilder out = new StringBuilder();
    while (out.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      out.append((char) next);
    }
    return out.toString();
  }

  @Override
  public void close() throws IOException {
    one.close();
    two.close();
    bytes.close();
    synchronized (open) {
      for (Socket socket : open) {
        socket.close();
      }
    }
    threads.shutdownNow();
    threads.close();
  }
}
