package io.heddle.xds.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One stream to the control plane. Owned by the client's thread, on which gRPC calls it back.
 *
 * <p>One response is read at a time: the next is asked for when this one has been applied and its
 * answer could be written, and never faster than the limit. A control plane that floods us is read
 * slowly, one that does not read us is not read.
 */
final class AdsStream<Q, R> implements Conversation.Outlet<Q> {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Conversation<Q, R> conversation;
  private final ManagedChannel channel;
  private final ClientCall<Q, R> call;
  private final XdsScheduler scheduler;
  private final ClientLimits limits;
  private final Metadata metadata;
  private final SendLimit sendLimit;
  private final XdsStats stats;
  private final Owner owner;
  private final XdsScheduler.Timer readyTimer;

  private boolean ready;
  private boolean answered;
  private boolean ended;
  private boolean wantsNext;
  private long windowStart;
  private int inWindow;
  private XdsScheduler.@Nullable Timer paceTimer;
  private XdsScheduler.@Nullable Timer sayTimer;

  /** Whom the stream tells. */
  interface Owner {
    void streamReady();

    /** A response has been applied and answered. */
    void streamAnswered();

    /**
     * The stream is over; nothing is called after this.
     *
     * @param answered whether it brought at least one response
     * @param restart whether we ended it in order to open another at once
     */
    void streamEnded(Status status, boolean answered, boolean restart);
  }

  AdsStream(
      ManagedChannel channel,
      Conversation<Q, R> conversation,
      XdsScheduler scheduler,
      XdsClientOptions options,
      XdsStats stats,
      Owner owner) {
    this.channel = channel;
    this.conversation = conversation;
    this.scheduler = scheduler;
    this.limits = options.limits();
    this.sendLimit = new SendLimit(options.stream().rateLimit(), scheduler.nanoTime());
    this.metadata = new Metadata();
    for (SourceConfig.Header header : options.stream().initialMetadata()) {
      metadata.put(
          Metadata.Key.of(header.name(), Metadata.ASCII_STRING_MARSHALLER), header.value());
    }
    this.stats = stats;
    this.owner = owner;
    this.call = channel.newCall(conversation.method(), CallOptions.DEFAULT);
    this.readyTimer = scheduler.schedule(this::notReady, options.limits().readyTimeout());
  }

  void start() {
    windowStart = scheduler.nanoTime();
    call.start(new Responses(), metadata);
    call.request(1);
    if (call.isReady()) {
      onReady();
    }
  }

  /** Tells the control plane what changed, now or as soon as it reads again. */
  void subscriptionsChanged() {
    if (ready && !ended && call.isReady()) {
      say();
    }
  }

  /** Says what has changed, now or when the limit allows it. */
  private void say() {
    Duration wait = sendLimit.delay(scheduler.nanoTime());
    if (wait.isZero()) {
      conversation.say(this);
    } else if (sayTimer == null) {
      stats.rateLimited.incrementAndGet();
      sayTimer =
          scheduler.schedule(
              () -> {
                sayTimer = null;
                if (!ended) {
                  say();
                }
              },
              wait);
    }
  }

  @Override
  public void send(Q request) {
    if (!ended) {
      sendLimit.sent();
      call.sendMessage(request);
    }
  }

  @Override
  public void restart(String why) {
    end(Status.CANCELLED.withDescription(why), true);
  }

  /** Ends the stream from our side without telling the owner. */
  void close() {
    if (!ended) {
      ended = true;
      release("closed");
    }
  }

  private void notReady() {
    end(
        Status.UNAVAILABLE.withDescription(
            "no stream within " + limits.readyTimeout().toMillis() + " ms"),
        false);
  }

  private void onReady() {
    if (ended) {
      return;
    }
    if (!ready) {
      ready = true;
      readyTimer.cancel();
      owner.streamReady();
    }
    say();
    readNext();
  }

  private void onResponse(R response) {
    if (ended) {
      return;
    }
    answered = true;
    conversation.answer(response, this);
    wantsNext = true;
    readNext();
    if (!ended) {
      owner.streamAnswered();
    }
  }

  private void readNext() {
    if (!wantsNext || ended || paceTimer != null || !call.isReady()) {
      return;
    }
    long now = scheduler.nanoTime();
    Duration limited = sendLimit.delay(now);
    if (!limited.isZero()) {
      // Every response is answered, so that what may not be answered is not read.
      stats.rateLimited.incrementAndGet();
      paceTimer = scheduler.schedule(this::paceOver, limited);
      return;
    }
    if (now - windowStart >= WINDOW_NANOS) {
      windowStart = now;
      inWindow = 0;
    }
    if (inWindow >= limits.maxResponsesPerSecond()) {
      stats.rateLimited.incrementAndGet();
      Duration rest = Duration.ofNanos(WINDOW_NANOS - (now - windowStart));
      paceTimer = scheduler.schedule(this::paceOver, rest);
      return;
    }
    inWindow++;
    wantsNext = false;
    call.request(1);
  }

  private void paceOver() {
    paceTimer = null;
    readNext();
  }

  private void end(Status status, boolean restart) {
    if (ended) {
      return;
    }
    ended = true;
    release(String.valueOf(status.getDescription()));
    owner.streamEnded(status, answered, restart);
  }

  private void release(String why) {
    readyTimer.cancel();
    if (paceTimer != null) {
      paceTimer.cancel();
      paceTimer = null;
    }
    if (sayTimer != null) {
      sayTimer.cancel();
      sayTimer = null;
    }
    call.cancel(why, null);
    channel.shutdownNow();
  }

  /** What gRPC calls, on the client's thread. */
  private final class Responses extends ClientCall.Listener<R> {
    @Override
    public void onReady() {
      AdsStream.this.onReady();
    }

    @Override
    public void onMessage(R message) {
      onResponse(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end(status, false);
    }
  }
}
