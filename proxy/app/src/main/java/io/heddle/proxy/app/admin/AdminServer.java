package io.heddle.proxy.app.admin;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small HTTP/1.1 server: one request a connection, heads of 16 KiB at most, no bodies read.
 *
 * <p>It is written here, on plain sockets, because it must answer while the first classes of the
 * data plane are still being loaded and must not load any of its own.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
  private static final int MAX_HEAD = 16 * 1024;
  private static final int TIMEOUT_MILLIS = 5_000;
  private static final int THREADS = 8;
  private static final int QUEUE = 64;
  private static final String ALLOWED = "GET, HEAD, POST";

  private final AdminPage pages;
  private final ServerSocket socket;
  private final ThreadPoolExecutor workers;
  private final Thread acceptor;

  private AdminServer(ServerSocket socket, AdminPage pages) {
    this.socket = socket;
    this.pages = pages;
    this.workers =
        new ThreadPoolExecutor(
            THREADS, THREADS, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), this::thread);
    workers.allowCoreThreadTimeOut(true);
    this.acceptor = thread(this::accept);
  }

  /**
   * Binds and begins to answer.
   *
   * @throws IOException where the address cannot be bound
   */
  public static AdminServer start(InetSocketAddress address, AdminPage pages) throws IOException {
    return start(address, false, pages);
  }

  /**
   * The same.
   *
   * @param shared whether another process of this user may have the address too, where it agrees
   */
  public static AdminServer start(InetSocketAddress address, boolean shared, AdminPage pages)
      throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      if (shared) {
        socket.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      }
      socket.bind(address, 128);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    AdminServer server = new AdminServer(socket, pages);
    server.acceptor.start();
    return server;
  }

  /** Lets another process of this user have the address too, or no more from now on. */
  public void share(boolean shared) {
    try {
      if (!socket.isClosed()) {
        socket.setOption(StandardSocketOptions.SO_REUSEPORT, shared);
      }
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn("The admin address cannot be shared: {}", e.toString());
    }
  }

  /** Where it listens, with the true port. */
  public InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing the admin socket", e);
    }
    workers.shutdown();
  }

  private Thread thread(Runnable task) {
    Thread thread = new Thread(task, "heddle-admin");
    thread.setDaemon(true);
    return thread;
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        try {
          workers.execute(() -> serve(connection));
        } catch (RejectedExecutionException _) {
          connection.close();
        }
      } catch (IOException e) {
        if (!socket.isClosed()) {
          LOG.warn("Admin: accept failed: {}", e.toString());
          pauseAfterFailure();
        }
      }
    }
  }

  /** Out of descriptors, an accept fails at once and again; this keeps it from spinning. */
  private static void pauseAfterFailure() {
    java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
  }

  private void serve(Socket connection) {
    Runnable afterwards = () -> {};
    try (connection) {
      connection.setSoTimeout(TIMEOUT_MILLIS);
      connection.setTcpNoDelay(true);
      String head = readHead(connection.getInputStream());
      if (!head.isEmpty()) {
        AdminResponse response = respond(head);
        write(connection.getOutputStream(), response, head.startsWith("HEAD "));
        afterwards = response.afterwards();
      }
    } catch (IOException e) {
      LOG.debug("Admin connection: {}", e.toString());
    }
    afterwards.run();
  }

  /** The bytes up to the empty line; empty where the client closed or sent too much. */
  private static String readHead(InputStream in) throws IOException {
    byte[] buffer = new byte[MAX_HEAD];
    int length = 0;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
    while (length < MAX_HEAD && System.nanoTime() < deadline) {
      int read = in.read(buffer, length, MAX_HEAD - length);
      if (read < 0) {
        return "";
      }
      length += read;
      String text = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        return text.substring(0, end);
      }
    }
    return length == MAX_HEAD ? "TOO-LARGE" : "";
  }

  private AdminResponse respond(String head) {
    String[] lines = head.split("\r\n", -1);
    String[] words = lines[0].split(" ", -1);
    if (words.length != 3 || !words[2].startsWith("HTTP/1.") || !words[1].startsWith("/")) {
      return AdminResponse.text(400, "request: expected GET or POST /path HTTP/1.1\n");
    }
    String method = words[0];
    if (!method.equals("GET") && !method.equals("HEAD") && !method.equals("POST")) {
      return AdminResponse.text(
          405, "method: found " + printable(method) + ", expected " + ALLOWED + "\n");
    }
    AdminRequest request = AdminRequest.of(method, words[1], foreign(lines));
    try {
      return pages.answer(request);
    } catch (RuntimeException e) {
      LOG.error("Admin request {} failed", printable(request.path()), e);
      return AdminResponse.text(500, "internal error, see the log\n");
    }
  }

  /** Browsers name the origin of a page that posts elsewhere; tools send no such header. */
  private static boolean foreign(String[] lines) {
    String origin = "";
    String host = "";
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
        String value = lines[i].substring(colon + 1).strip();
        if (name.equals("origin")) {
          origin = value;
        } else if (name.equals("host")) {
          host = value;
        }
      }
    }
    return !origin.isEmpty() && !origin.equals("http://" + host);
  }

  private static String printable(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length() && i < 100; i++) {
      char c = text.charAt(i);
      out.append(c < 0x20 || c > 0x7e ? '?' : c);
    }
    return out.toString();
  }

  private static void write(OutputStream out, AdminResponse response, boolean headOnly)
      throws IOException {
    byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
    BufferedOutputStream buffered = new BufferedOutputStream(out, 8192);
    String head =
        "HTTP/1.1 "
            + response.status()
            + ' '
            + reason(response.status())
            + "\r\ncontent-type: "
            + response.contentType()
            + "\r\ncontent-length: "
            + body.length
            + "\r\ncache-control: no-cache, max-age=0\r\nx-content-type-options: nosniff"
            + (response.status() == 405 ? "\r\nallow: " + ALLOWED : "")
            + "\r\nconnection: close\r\n\r\n";
    buffered.write(head.getBytes(StandardCharsets.ISO_8859_1));
    if (!headOnly) {
      buffered.write(body);
    }
    buffered.flush();
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 503 -> "Service Unavailable";
      default -> "Internal Server Error";
    };
  }
}
