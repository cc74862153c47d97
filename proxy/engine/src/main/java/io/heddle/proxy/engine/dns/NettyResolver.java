package io.heddle.proxy.engine.dns;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramChannel;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the name servers of the system, by Netty's resolver, which is made for the first name.
 * Nothing is cached here: who asks knows how long an answer is good for. Safe on every thread.
 */
// The listener learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class NettyResolver implements HostResolver, AutoCloseable {
  private final EventLoop loop;
  private final Supplier<? extends DatagramChannel> datagrams;
  private final Map<String, Long> ttls = new ConcurrentHashMap<>();
  private @Nullable DnsNameResolver resolver; // Under the lock.

  /** On this loop, with these sockets. */
  public NettyResolver(EventLoop loop, Supplier<? extends DatagramChannel> datagrams) {
    this.loop = loop;
    this.datagrams = datagrams;
  }

  @Override
  public CompletionStage<List<InetAddress>> resolve(String hostname) {
    return answer(hostname).thenApply(Resolved::addresses);
  }

  @Override
  public CompletionStage<Resolved> answer(String hostname) {
    CompletableFuture<Resolved> result = new CompletableFuture<>();
    resolver()
        .resolveAll(hostname)
        .addListener((io.netty.util.concurrent.Future<List<InetAddress>> done) -> {
          Long ttl = ttls.remove(key(hostname));
          if (done.isSuccess()) {
            result.complete(new Resolved(done.getNow(), ttl == null ? 0 : ttl));
          } else {
            result.completeExceptionally(done.cause());
          }
        });
    return result;
  }

  private static String key(String hostname) {
    String lower = hostname.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private synchronized DnsNameResolver resolver() {
    DnsNameResolver made = resolver;
    if (made == null) {
      made =
          new DnsNameResolverBuilder(loop)
              .datagramChannelFactory(datagrams::get)
              .resolveCache(new Times())
              .build();
      resolver = made;
    }
    return made;
  }

  @Override
  public synchronized void close() {
    DnsNameResolver made = resolver;
    if (made != null) {
      made.close();
    }
  }

  /** Never has an answer; only takes down how long those that come hold. */
  private final class Times implements DnsCache {
    @Override
    public void clear() {
      ttls.clear();
    }

    @Override
    public boolean clear(String hostname) {
      return false;
    }

    @Override
    public @Nullable List<? extends DnsCacheEntry> get(
        String hostname, DnsRecord @Nullable [] additionals) {
      return null;
    }

    @Override
    public DnsCacheEntry cache(
        String hostname,
        DnsRecord @Nullable [] additionals,
        InetAddress address,
        long originalTtl,
        EventLoop on) {
      // The least of them holds for all; entries go with the answer.
      ttls.merge(key(hostname), originalTtl, Math::min);
      return new Passing(address, null);
    }

    @Override
    public DnsCacheEntry cache(
        String hostname, DnsRecord @Nullable [] additionals, Throwable cause, EventLoop on) {
      return new Passing(null, cause);
    }
  }

  private record Passing(@Nullable InetAddress address, @Nullable Throwable cause)
      implements DnsCacheEntry {}
}
