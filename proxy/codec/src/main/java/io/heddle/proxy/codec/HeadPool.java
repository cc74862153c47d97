package io.heddle.proxy.codec;

import java.util.ArrayDeque;

/**
 * The heads of one event loop: leased by parsers and by whoever makes a message, and given back by
 * {@link Head#release}. A head given back keeps its arrays for the next, up to 16 KiB.
 *
 * <p>Owned by its event loop.
 */
public final class HeadPool {
  private final int maxIdle;
  private final ArrayDeque<RequestHead> requests = new ArrayDeque<>();
  private final ArrayDeque<ResponseHead> responses = new ArrayDeque<>();
  private final ArrayDeque<Trailers> trailers = new ArrayDeque<>();
  private int leased;

  /**
   * An empty pool.
   *
   * @param maxIdle heads of each kind kept for reuse; 0 to 65,536
   */
  public HeadPool(int maxIdle) {
    if (maxIdle < 0 || maxIdle > 65_536) {
      throw new IllegalArgumentException("maxIdle: " + maxIdle + " (expected: 0 to 65536)");
    }
    this.maxIdle = maxIdle;
  }

  /** Leases the head of a request. */
  public RequestHead request() {
    RequestHead head = requests.pollLast();
    if (head == null) {
      head = new RequestHead(this);
    }
    head.lease();
    leased++;
    return head;
  }

  /** Leases the head of a response. */
  public ResponseHead response() {
    ResponseHead head = responses.pollLast();
    if (head == null) {
      head = new ResponseHead(this);
    }
    head.lease();
    leased++;
    return head;
  }

  /** Leases trailers. */
  public Trailers trailers() {
    Trailers head = trailers.pollLast();
    if (head == null) {
      head = new Trailers(this);
    }
    head.lease();
    leased++;
    return head;
  }

  /** Heads given out and not yet given back; 0 when the loop has nothing to do. */
  public int leased() {
    return leased;
  }

  void put(Head head) {
    leased--;
    switch (head) {
      case RequestHead request when requests.size() < maxIdle -> requests.addLast(request);
      case ResponseHead response when responses.size() < maxIdle -> responses.addLast(response);
      case Trailers section when trailers.size() < maxIdle -> trailers.addLast(section);
      case RequestHead request -> {}
      case ResponseHead response -> {}
      case Trailers section -> {}
    }
  }
}
