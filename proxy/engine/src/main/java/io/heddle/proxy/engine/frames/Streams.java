package io.heddle.proxy.engine.frames;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which streams there are, and which numbers were used (RFC 9113, 5.1.1). Owned by the connection's
 * loop.
 */
final class Streams<S> {
  /** How many of the streams that we reset last we know: what is on its way on them is ignored. */
  private static final int RESETS_KNOWN = 32;

  private static final int POOLED = 256;

  private final boolean server;
  private final StreamMap<S> map = new StreamMap<>();
  private final List<FrameStream<S>> free = new ArrayList<>();
  private final int[] resets = new int[RESETS_KNOWN];
  private int nextReset;
  private int lastRemote;
  private int nextLocal;
  private int lastServed = Integer.MAX_VALUE;
  private int lastTaken = Integer.MAX_VALUE;
  private boolean goAwayReceived;
  private long peerMax = Integer.MAX_VALUE;

  Streams(boolean server) {
    this.server = server;
    // A client's 1 was what HTTP/1.1 asked for an upgrade.
    this.nextLocal = server ? 2 : 3;
  }

  @Nullable FrameStream<S> get(int id) {
    return map.get(id);
  }

  int size() {
    return map.size();
  }

  List<FrameStream<S>> all() {
    return map.all();
  }

  private FrameStream<S> add(int id, int sendWindow, int receiveWindow) {
    FrameStream<S> stream = free.isEmpty() ? new FrameStream<>() : free.removeLast();
    stream.renew(id, sendWindow, receiveWindow);
    map.put(stream);
    return stream;
  }

  /** Whether a peer may open the stream of this number now. */
  boolean opens(int id) {
    return server && (id & 1) == 1 && id > lastRemote;
  }

  /** Whether there is or was a stream of this number. */
  boolean existed(int id) {
    if ((id & 1) == 0) {
      return false;
    }
    return server ? id <= lastRemote : id < nextLocal;
  }

  /** The peer has used this number, and so all before it. */
  void used(int id) {
    lastRemote = id;
  }

  /** A stream of the peer. */
  FrameStream<S> remote(int id, int sendWindow, int receiveWindow) {
    return add(id, sendWindow, receiveWindow);
  }

  /** The last stream that the peer has opened. */
  int lastRemote() {
    return lastRemote;
  }

  /** A stream of ours; null where the peer takes none. */
  @Nullable FrameStream<S> local(int sendWindow, int receiveWindow) {
    if (goAwayReceived || nextLocal < 0 || map.size() >= peerMax) {
      return null;
    }
    int id = nextLocal;
    nextLocal += 2;
    return add(id, sendWindow, receiveWindow);
  }

  /** How many streams of ours the peer takes at once. */
  void peerMax(long most) {
    peerMax = most;
  }

  long peerMax() {
    return peerMax;
  }

  // --- ends ---

  /** No stream behind this one is served. */
  void goAwaySaid(int last) {
    lastServed = Math.min(lastServed, last);
  }

  /** Whether the peer has opened it behind the last that is served. */
  boolean unserved(int id) {
    return server && id > lastServed;
  }

  /** The peer serves no stream behind this one; false where it has said less before. */
  boolean goAwayReceived(int last) {
    if (goAwayReceived && last > lastTaken) {
      return false;
    }
    goAwayReceived = true;
    lastTaken = last;
    return true;
  }

  boolean goingAway() {
    return goAwayReceived;
  }

  /** Whether the peer has said that it does not serve it. */
  boolean untaken(int id) {
    return goAwayReceived && id > lastTaken;
  }

  /** We have reset it. */
  void wasReset(int id) {
    resets[nextReset] = id;
    nextReset = (nextReset + 1) % RESETS_KNOWN;
  }

  /** Whether frames on a stream that is none were sent before our reset had come. */
  boolean ignores(int id) {
    for (int reset : resets) {
      if (reset == id) {
        return true;
      }
    }
    return false;
  }

  /** It is no more; false where it was not there. */
  boolean remove(FrameStream<S> stream) {
    return map.remove(stream.id);
  }

  /** Nobody knows it any more. */
  void reuse(FrameStream<S> stream) {
    stream.id = 0;
    stream.user = null;
    if (free.size() < POOLED) {
      free.add(stream);
    }
  }
}
