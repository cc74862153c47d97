package io.heddle.xds.server;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** A server under test with its cache, in-process clients, timers and a clock moved by hand. */
final class Mesh implements AutoCloseable {
  static final Scope SCOPE = new Scope("all");

  final ResourceCache cache = new ResourceCache();
  final List<Rejection> rejections = new CopyOnWriteArrayList<>();
  final List<Acknowledgement> acknowledgements = new CopyOnWriteArrayList<>();
  final List<ProxyStream> connected = new CopyOnWriteArrayList<>();
  final List<ProxyStream> disconnected = new CopyOnWriteArrayList<>();
  final XdsServer server;

  private record Timer(long due, Runnable task) {}

  private final BlockingQueue<Timer> timers = new LinkedBlockingQueue<>();
  private final AtomicLong now = new AtomicLong();
  private final List<ScriptedClient> clients = new ArrayList<>();
  private final Server grpc;
  private final ManagedChannel channel;

  Mesh() {
    this(node -> List.of(SCOPE), builder -> builder);
    cache.apply(CacheUpdate.builder().declare(SCOPE).build());
    cache.markReady();
  }

  /** A mesh whose cache is neither ready nor knows a scope. */
  Mesh(ScopeResolver resolver, UnaryOperator<XdsServer.Builder> settings) {
    StreamListener recorder =
        new StreamListener() {
          @Override
          public void connected(ProxyStream stream) {
            connected.add(stream);
          }

          @Override
          public void acknowledged(Acknowledgement acknowledgement) {
            acknowledgements.add(acknowledgement);
          }

          @Override
          public void rejected(Rejection rejection) {
            rejections.add(rejection);
          }

          @Override
          public void disconnected(ProxyStream stream) {
            disconnected.add(stream);
          }
        };
    server =
        settings
            .apply(
                XdsServer.builder(cache, resolver)
                    .shards(2)
                    .listener(recorder)
                    .clock(clock())
                    .timers(
                        (delay, task) -> timers.add(new Timer(now.get() + delay.toMillis(), task))))
            .build();
    String name = UUID.randomUUID().toString();
    try {
      grpc =
          InProcessServerBuilder.forName(name)
              .directExecutor()
              .addServices(server.services())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  /** For other services than discovery. */
  ManagedChannel channel() {
    return channel;
  }

  ScriptedClient client(Variant variant) {
    return client(variant, "node");
  }

  ScriptedClient client(Variant variant, String nodeId) {
    return add(new ScriptedClient(channel, variant, nodeId, this::settle));
  }

  /** A client that does not wait until the server has dealt with what it says. */
  ScriptedClient hastyClient(Variant variant, String nodeId) {
    return add(new ScriptedClient(channel, variant, nodeId, () -> {}));
  }

  private ScriptedClient add(ScriptedClient client) {
    clients.add(client);
    return client;
  }

  void put(EncodedResource... resources) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    for (EncodedResource resource : resources) {
      update.put(SCOPE, resource);
    }
    cache.apply(update.build());
  }

  void remove(ResourceType type, String name) {
    cache.apply(CacheUpdate.builder().remove(SCOPE, new ResourceKey(type, name)).build());
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("only instants are asked for");
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochMilli(now.get());
      }
    };
  }

  /** Moves the clock alone. */
  void pass(Duration time) {
    settle();
    now.addAndGet(time.toMillis());
  }

  /** Lets all time limits pass that were started so far. */
  void elapse() {
    elapse(Limits.defaults().orderingWait());
  }

  /** Moves the clock, and runs what was to run by then. */
  void elapse(Duration time) {
    pass(time);
    List<Timer> started = new ArrayList<>();
    timers.drainTo(started);
    for (Timer timer : started) {
      if (timer.due() <= now.get()) {
        timer.task().run();
      } else {
        timers.add(timer);
      }
    }
    settle();
  }

  /** Returns once the shards have done all that was queued: a change queues one further task. */
  void settle() {
    server.syncView().proxies();
    server.syncView().proxies();
    server.syncView().proxies();
  }

  @Override
  public void close() {
    clients.forEach(ScriptedClient::close);
    server.close();
    channel.shutdownNow();
    grpc.shutdownNow();
  }
}
