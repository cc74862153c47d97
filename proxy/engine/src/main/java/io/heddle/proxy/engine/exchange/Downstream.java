package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;

/** What an exchange asks of the connection it came on. On the loop. */
public interface Downstream {
  /** Sends an interim response. Does not take ownership. */
  void sendInformational(ResponseHead head);

  /** Tells the client to go on and send its body. */
  void sendContinue();

  /** Sends the response's head. Does not take ownership. */
  void sendHead(ResponseHead head, boolean end);

  /** Sends a piece of the response's body. Takes ownership. */
  void sendData(ByteBuf data, boolean end);

  /** Ends the response with trailers. Does not take ownership. */
  void sendTrailers(Trailers trailers);

  /** The exchange is over. {@code broken}: its response is not whole, so the connection must go. */
  void completed(boolean broken);

  /** Reads no more until {@link #enableRead} was called as often. */
  void disableRead();

  /** Undoes one {@link #disableRead}. */
  void enableRead();

  /** Whether bytes sent now would only gather. */
  boolean slow();

  /** Bytes given to it that have not left; an estimate where it is shared. */
  long pendingBytes();

  /** The connection, for filters and logs. */
  ConnectionInfo info();

  /**
   * Deadlines of the exchange under way, kept with the connection so that none is made a request.
   */
  ExchangeTimers timers();

  /** Bytes of the exchange under way, as far as they are counted now; kept for the same reason. */
  ExchangeBytes bytes();
}
