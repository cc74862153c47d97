package io.heddle.proxy.filters.fault;

import com.google.protobuf.Value;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.config.GrpcText;
import io.heddle.xds.model.Fraction;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Holds the request for the delay, then aborts it or lets it go; slows the response down. */
final class FaultFilter implements HttpFilter {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final long MAX_HEADER_DELAY_MILLIS = 24L * 3600 * 1000;

  /** The request's headers ask for no abort. */
  private static final long NOT_ASKED = -2;

  private final FaultConfig configured;
  private final FaultStats stats;
  private final HttpFilterContext context;
  private FaultConfig config;
  private Optional<HttpFilterContext.Timer> timer = Optional.empty();
  private Optional<ResponseLimiter> limiter = Optional.empty();
  private boolean active;

  /**
   * A reply to come.
   *
   * @param grpcStatus below zero where HTTP's is all there is
   */
  private record Abortion(int status, long grpcStatus) {}

  FaultFilter(FaultConfig configured, FaultStats stats, HttpFilterContext context) {
    this.configured = configured;
    this.config = configured;
    this.stats = stats;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    config = context.routeConfig(FaultConfig.class).orElse(configured);
    if (!config.matches(headers, context)) {
      return HeadersDecision.CONTINUE;
    }
    OptionalLong kbps = throttle(headers);
    if (kbps.isPresent() && begin()) {
      stats.responsesLimited().increment();
      limiter = Optional.of(new ResponseLimiter(context, kbps.getAsLong() << 10));
    }
    OptionalLong delay = delay(headers);
    Optional<Abortion> abort = abort(headers);
    if (delay.isPresent() && begin()) {
      context.flag(ResponseFlag.DELAY_INJECTED);
      stats.delaysInjected().increment();
      timer =
          Optional.of(context.schedule(Duration.ofMillis(delay.getAsLong()), () -> delayed(abort)));
      return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
    }
    return abort.isPresent() && begin()
        ? new HeadersDecision.Reply(reply(abort.get()))
        : HeadersDecision.CONTINUE;
  }

  private void delayed(Optional<Abortion> abort) {
    timer = Optional.empty();
    if (abort.isPresent()) {
      context.reply(reply(abort.get()));
    } else {
      if (limiter.isEmpty()) {
        // The delay is over, so the fault is: only the rest of the exchange goes on.
        end();
      }
      context.request().resume();
    }
  }

  private OptionalLong delay(RequestHeaders headers) {
    if (config.delay().isEmpty()) {
      return OptionalLong.empty();
    }
    FaultConfig.Delay delay = config.delay().get();
    if (delay.fixedMillis().isPresent()) {
      return config.delays(delay.share(), context.random())
          ? config.delayMillis(delay.fixedMillis().get())
          : OptionalLong.empty();
    }
    OptionalLong asked =
        FaultHeaders.number(headers, FaultHeaders.DELAY, 1, MAX_HEADER_DELAY_MILLIS);
    return asked.isPresent()
            && config.delays(
                FaultHeaders.share(headers, FaultHeaders.DELAY_PERCENTAGE, delay.share()),
                context.random())
        ? asked
        : OptionalLong.empty();
  }

  private Optional<Abortion> abort(RequestHeaders headers) {
    if (config.abort().isEmpty()) {
      return Optional.empty();
    }
    FaultConfig.Abort abort = config.abort().get();
    Fraction share = abort.share();
    Abortion asked =
        switch (abort.answer()) {
          case FaultConfig.Answer.Http http -> new Abortion(config.abortStatus(http.status()), -1);
          case FaultConfig.Answer.Grpc grpc ->
              new Abortion(200, config.abortGrpcStatus(grpc.status()));
          case FaultConfig.Answer.ByHeader _ -> {
            share = FaultHeaders.share(headers, FaultHeaders.ABORT_PERCENTAGE, share);
            OptionalLong http = FaultHeaders.number(headers, FaultHeaders.ABORT, 200, 599);
            yield http.isPresent()
                ? new Abortion((int) http.getAsLong(), -1)
                : new Abortion(
                    200,
                    FaultHeaders.number(headers, FaultHeaders.ABORT_GRPC, 0, FaultHeaders.UINT32)
                        .orElse(NOT_ASKED));
          }
        };
    return asked.grpcStatus() != NOT_ASKED && config.aborts(share, context.random())
        ? Optional.of(asked)
        : Optional.empty();
  }

  private OptionalLong throttle(RequestHeaders headers) {
    if (config.throttle().isEmpty()) {
      return OptionalLong.empty();
    }
    FaultConfig.Throttle throttle = config.throttle().get();
    Fraction share = throttle.share();
    OptionalLong kbps = throttle.fixedKbps();
    if (kbps.isEmpty()) {
      share = FaultHeaders.share(headers, FaultHeaders.THROUGHPUT_PERCENTAGE, share);
      kbps = FaultHeaders.number(headers, FaultHeaders.THROUGHPUT, 1, FaultConfig.MAX_KBPS);
    }
    return kbps.isPresent() && config.throttles(share, context.random())
        ? kbps
        : OptionalLong.empty();
  }

  private LocalReply reply(Abortion abort) {
    stats.abortsInjected().increment();
    boolean grpc =
        abort.grpcStatus() >= 0
            && GrpcText.isGrpc(context.requestHeaders().first(CONTENT_TYPE).orElse(""));
    return new LocalReply(
        abort.status(),
        "fault_filter_abort",
        List.of(ResponseFlag.FAULT_INJECTED),
        grpc ? Map.of(GRPC_STATUS, Long.toString(abort.grpcStatus())) : Map.of(),
        "fault filter abort");
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    return limiter.isPresent() ? limiter.get().data(data, endStream) : DataDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    return limiter.isPresent() ? limiter.get().trailers() : TrailersDecision.CONTINUE;
  }

  @Override
  public LocalReply onLocalReply(LocalReply reply) {
    limiter.ifPresent(ResponseLimiter::drop);
    return reply;
  }

  private boolean begin() {
    if (active) {
      return true;
    }
    if (!config.tryBegin()) {
      stats.overflow().increment();
      return false;
    }
    active = true;
    stats.active().add(1);
    for (Map.Entry<String, Value> field : config.metadata().entrySet()) {
      context.dynamicMetadata().put(FaultFilterFactory.NAME, field.getKey(), field.getValue());
    }
    return true;
  }

  private void end() {
    if (active) {
      active = false;
      config.active().decrementAndGet();
      stats.active().add(-1);
    }
  }

  @Override
  public void onReset(ResetReason reason) {
    limiter.ifPresent(ResponseLimiter::end);
    timer.ifPresent(HttpFilterContext.Timer::cancel);
    timer = Optional.empty();
  }

  @Override
  public void onComplete(StreamInfo info) {
    limiter.ifPresent(ResponseLimiter::end);
    end();
  }
}
