package io.heddle.proxy.filters.fault;

import com.google.protobuf.Value;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Holds the request for the delay, then aborts it or lets it go. */
final class FaultFilter implements HttpFilter {
  private static final long MAX_HEADER_DELAY_MILLIS = 24L * 3600 * 1000;

  private final FaultConfig configured;
  private final FaultStats stats;
  private final HttpFilterContext context;
  private FaultConfig config;
  private Optional<HttpFilterContext.Timer> timer = Optional.empty();
  private boolean active;

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
    OptionalLong delay = delay(headers);
    OptionalInt abort = abort(headers);
    if (delay.isPresent() && begin()) {
      context.flag(ResponseFlag.DELAY_INJECTED);
      stats.delaysInjected().increment();
      timer =
          Optional.of(context.schedule(Duration.ofMillis(delay.getAsLong()), () -> delayed(abort)));
      return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
    }
    return abort.isPresent() && begin()
        ? new HeadersDecision.Reply(reply(abort.getAsInt()))
        : HeadersDecision.CONTINUE;
  }

  private void delayed(OptionalInt abort) {
    timer = Optional.empty();
    if (abort.isPresent()) {
      context.reply(reply(abort.getAsInt()));
    } else {
      // The delay is over, so the fault is: only the rest of the exchange goes on.
      end();
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

  private OptionalInt abort(RequestHeaders headers) {
    if (config.abort().isEmpty()) {
      return OptionalInt.empty();
    }
    FaultConfig.Abort abort = config.abort().get();
    if (abort.fixedStatus().isPresent()) {
      return config.aborts(abort.share(), context.random())
          ? OptionalInt.of(config.abortStatus(abort.fixedStatus().get()))
          : OptionalInt.empty();
    }
    OptionalLong asked = FaultHeaders.number(headers, FaultHeaders.ABORT, 200, 599);
    return asked.isPresent()
            && config.aborts(
                FaultHeaders.share(headers, FaultHeaders.ABORT_PERCENTAGE, abort.share()),
                context.random())
        ? OptionalInt.of((int) asked.getAsLong())
        : OptionalInt.empty();
  }

  private LocalReply reply(int status) {
    stats.abortsInjected().increment();
    return new LocalReply(
        status,
        "fault_filter_abort",
        List.of(ResponseFlag.FAULT_INJECTED),
        Map.of(),
        "fault filter abort");
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
    timer.ifPresent(HttpFilterContext.Timer::cancel);
    timer = Optional.empty();
  }

  @Override
  public void onComplete(StreamInfo info) {
    end();
  }
}
