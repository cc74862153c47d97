package io.heddle.proxy.engine.accesslog;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.netty.buffer.ByteBuf;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where lines go. Each event loop has a buffer of its own here, under a lock that only the writer
 * ever contends for, to swap the buffer for an empty one.
 */
final class LogSink {
  /** What a loop may have waiting; more is dropped. */
  static final int MAX_WAITING = 1 << 20;

  private static final int FIRST = 16 << 10;
  private static final int WAKE_AT = 64 << 10;
  private static final Logger LOG = LoggerFactory.getLogger(LogSink.class);

  private final String path;
  private final Buffer[] buffers;
  private final Runnable wake;
  private final ScalarStat dropped;
  private final ScalarStat written;
  private final ScalarStat failed;
  private OutputStream out;
  private byte[] spare = new byte[FIRST];
  private volatile boolean reopen;
  private int users;

  private static final class Buffer {
    byte[] bytes = new byte[FIRST];
    int length;
  }

  /**
   * A sink.
   *
   * @param path of a file to append to; empty where {@code stream} is a standard stream
   */
  LogSink(
      String path,
      OutputStream stream,
      int loops,
      Runnable wake,
      ScalarStat dropped,
      ScalarStat written,
      ScalarStat failed) {
    this.path = path;
    this.out = stream;
    this.wake = wake;
    this.dropped = dropped;
    this.written = written;
    this.failed = failed;
    buffers = new Buffer[loops + 1];
    Arrays.setAll(buffers, _ -> new Buffer());
  }

  /** Appends a line, or drops it. On the loop of this number. */
  void append(int loop, ByteBuf line) {
    Buffer buffer = buffers[loop];
    int size = line.readableBytes();
    boolean full;
    synchronized (buffer) {
      int before = buffer.length;
      if (before + size > MAX_WAITING) {
        dropped.increment();
        return;
      }
      if (before + size > buffer.bytes.length) {
        buffer.bytes =
            Arrays.copyOf(buffer.bytes, Math.min(MAX_WAITING, Math.max(before + size, before * 2)));
      }
      line.getBytes(line.readerIndex(), buffer.bytes, before, size);
      buffer.length = before + size;
      full = before < WAKE_AT && buffer.length >= WAKE_AT;
    }
    if (full) {
      wake.run();
    }
  }

  void reopen() {
    reopen = !path.isEmpty();
  }

  /** Writes what waits. On the writer's thread. */
  void drain() {
    if (reopen) {
      reopen = false;
      try {
        OutputStream fresh = new FileOutputStream(path, true);
        out.close();
        out = fresh;
      } catch (IOException kept) {
        failed.increment();
        LOG.warn("Access log {} could not be opened anew: {}", path, kept.getMessage());
      }
    }
    boolean any = false;
    for (Buffer buffer : buffers) {
      byte[] bytes;
      int length;
      synchronized (buffer) {
        length = buffer.length;
        bytes = buffer.bytes;
        if (length > 0) {
          buffer.bytes = spare;
          buffer.length = 0;
        }
      }
      if (length > 0) {
        spare = bytes.length > 2 * WAKE_AT ? new byte[FIRST] : bytes;
        any |= write(bytes, length);
      }
    }
    if (any) {
      flush();
    }
  }

  private boolean write(byte[] bytes, int length) {
    try {
      out.write(bytes, 0, length);
      written.increment();
      return true;
    } catch (IOException lost) {
      failed.increment();
      LOG.warn("Access log {}: {} bytes lost: {}", path, length, lost.getMessage());
      return false;
    }
  }

  private void flush() {
    try {
      out.flush();
    } catch (IOException lost) {
      failed.increment();
    }
  }

  void close() {
    drain();
    if (!path.isEmpty()) {
      try {
        out.close();
      } catch (IOException lost) {
        failed.increment();
        LOG.warn("Access log {} could not be closed: {}", path, lost.getMessage());
      }
    }
  }

  int use(int change) {
    users += change;
    return users;
  }
}
