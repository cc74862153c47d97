package io.heddle.proxy.engine.loop;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/**
 * How much is read at once: one buffer, of a size that follows what came before, and another only
 * if that was filled.
 */
public final class ReadBuffers {
  private static final int LEAST = 4 << 10;
  private static final int FIRST = 8 << 10;
  private static final int MOST = 64 << 10;
  private static final int READS_A_TURN = 4;

  private ReadBuffers() {}

  /** For one channel. */
  public static RecvByteBufAllocator newAllocator() {
    return new AdaptiveRecvByteBufAllocator(LEAST, FIRST, MOST).maxMessagesPerRead(READS_A_TURN);
  }
}
