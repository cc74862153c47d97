package io.heddle.proxy.engine.loop;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll, save that a descriptor stays in the set while nothing is wanted of it.
 *
 * <p>Since its pull request 16689 (4.2.18 has it) Netty takes a descriptor without interests out of
 * the set and fails with ENOENT when it becomes interested again. That is what a connection whose
 * input has ended comes to: idle it wants nothing, and once the kernel takes no more it must wait
 * to write. The write then failed, and all that waited was lost. Edge-triggered and without
 * interests the descriptor may stay: it cannot wake the loop over and over, which is why Netty
 * takes it out.
 *
 * <p>Owned by its event loop.
 */
final class KeptEpollHandler implements IoHandler {
  private final IoHandler epoll;

  private KeptEpollHandler(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory factory = EpollIoHandler.newFactory();
    return executor -> new KeptEpollHandler(factory.newHandler(executor));
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Kept(epoll.register(handle));
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return epoll.isCompatible(type);
  }

  /** A descriptor's place in the set. */
  private static final class Kept implements IoRegistration {
    private final IoRegistration place;
    private boolean added;

    Kept(IoRegistration place) {
      this.place = place;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature.
    public <T> T attachment() {
      return place.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      boolean none = EpollIoOps.NONE.equals(ops);
      added |= !none;
      return place.submit(none && added ? EpollIoOps.EPOLLET : ops);
    }

    @Override
    public boolean isValid() {
      return place.isValid();
    }

    @Override
    public boolean cancel() {
      return place.cancel();
    }
  }
}
