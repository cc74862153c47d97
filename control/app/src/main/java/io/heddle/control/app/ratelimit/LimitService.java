package io.heddle.control.app.ratelimit;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Quota;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.heddle.control.app.ratelimit.Counters.Ask;
import io.heddle.control.app.ratelimit.Counters.Taken;
import io.heddle.control.app.ratelimit.RateLimitServerConfig.StoreFailure;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers {@code ShouldRateLimit}. */
final class LimitService extends RateLimitServiceGrpc.RateLimitServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(LimitService.class);
  private static final int MOST_DESCRIPTORS = 1_000;
  private static final long MOST_HITS = 1_000_000_000;

  private final Supplier<LimitRules> rules;
  private final Counters counters;
  private final StoreFailure onFailure;
  private final InstantSource clock;

  /** The limit of a descriptor, and where its counter's answer is. */
  private record Limited(LimitRule limit, int ask) {}

  LimitService(
      Supplier<LimitRules> rules, Counters counters, StoreFailure onFailure, InstantSource clock) {
    this.rules = rules;
    this.counters = counters;
    this.onFailure = onFailure;
    this.clock = clock;
  }

  @Override
  public void shouldRateLimit(
      RateLimitRequest request, StreamObserver<RateLimitResponse> observer) {
    if (request.getDomain().isEmpty()
        || request.getDescriptorsCount() == 0
        || request.getDescriptorsCount() > MOST_DESCRIPTORS) {
      observer.onError(
          Status.INVALID_ARGUMENT
              .withDescription("a domain and 1 to " + MOST_DESCRIPTORS + " descriptors, expected")
              .asRuntimeException());
      return;
    }
    LimitRules now = rules.get();
    long lease = LeaseCalls.WANTED.get();
    List<Optional<Limited>> limited = new ArrayList<>(request.getDescriptorsCount());
    List<Ask> asks = new ArrayList<>(request.getDescriptorsCount());
    for (RateLimitDescriptor descriptor : request.getDescriptorsList()) {
      Optional<LimitRule> limit = limit(now, request.getDomain(), descriptor);
      limited.add(limit.map(rule -> new Limited(rule, asks.size())));
      limit.ifPresent(rule ->
          asks.add(
              new Ask(
                  key(request.getDomain(), descriptor),
                  rule.requests(),
                  rule.unit().millis(),
                  hits(request, descriptor),
                  rule.shadow() ? 0 : Math.max(0, lease))));
    }
    if (asks.isEmpty()) {
      answer(observer, response(limited, List.of(), lease));
      return;
    }
    counters
        .take(asks)
        .whenComplete((taken, failure) -> {
          if (taken != null) {
            answer(observer, response(limited, taken, lease));
          } else {
            failed(observer, limited, failure);
          }
        });
  }

  /** What the proxy brings counts more than the rules. */
  private static Optional<LimitRule> limit(
      LimitRules rules, String domain, RateLimitDescriptor descriptor) {
    if (descriptor.hasLimit()) {
      return LimitUnit.numbered(descriptor.getLimit().getUnitValue())
          .map(unit ->
              new LimitRule(
                  Integer.toUnsignedLong(descriptor.getLimit().getRequestsPerUnit()),
                  unit,
                  "",
                  false));
    }
    return rules.find(domain, descriptor.getEntriesList());
  }

  private static long hits(RateLimitRequest request, RateLimitDescriptor descriptor) {
    if (descriptor.hasHitsAddend()) {
      long hits = descriptor.getHitsAddend().getValue();
      return hits < 0 ? MOST_HITS : Math.min(hits, MOST_HITS);
    }
    return Math.max(1, Integer.toUnsignedLong(request.getHitsAddend()));
  }

  /** No two descriptors have one key, as lengths stand before what clients bring. */
  private static String key(String domain, RateLimitDescriptor descriptor) {
    StringBuilder key = new StringBuilder(64);
    append(key, domain);
    for (RateLimitDescriptor.Entry entry : descriptor.getEntriesList()) {
      append(key, entry.getKey());
      append(key, entry.getValue());
    }
    return key.toString();
  }

  private static void append(StringBuilder key, String part) {
    key.append(part.length()).append(':').append(part);
  }

  private RateLimitResponse response(
      List<Optional<Limited>> limited, List<Taken> taken, long lease) {
    RateLimitResponse.Builder response = RateLimitResponse.newBuilder();
    boolean over = false;
    for (Optional<Limited> one : limited) {
      if (one.isEmpty()) {
        response.addStatusesBuilder().setCode(Code.OK);
        continue;
      }
      LimitRule limit = one.get().limit();
      Taken of = taken.get(one.get().ask());
      boolean admitted = of.admitted() || limit.shadow();
      over |= !admitted;
      DescriptorStatus.Builder status =
          response
              .addStatusesBuilder()
              .setCode(admitted ? Code.OK : Code.OVER_LIMIT)
              .setCurrentLimit(current(limit))
              .setLimitRemaining((int) of.remaining())
              .setDurationUntilReset(
                  Duration.newBuilder()
                      .setSeconds(of.resetMillis() / 1000)
                      .setNanos((int) (of.resetMillis() % 1000) * 1_000_000));
      if (lease >= 0 && of.leased() > 0) {
        status.setQuota(quota(of.leased()));
      }
    }
    return response.setOverallCode(over ? Code.OVER_LIMIT : Code.OK).build();
  }

  private static RateLimitResponse.RateLimit current(LimitRule limit) {
    return RateLimitResponse.RateLimit.newBuilder()
        .setName(limit.name())
        .setRequestsPerUnit((int) limit.requests())
        .setUnitValue(limit.unit().number())
        .build();
  }

  private Quota quota(long leased) {
    long until = clock.millis() + LeaseCalls.MILLIS;
    return Quota.newBuilder()
        .setRequests((int) leased)
        .setValidUntil(
            Timestamp.newBuilder()
                .setSeconds(until / 1000)
                .setNanos((int) (until % 1000) * 1_000_000))
        .build();
  }

  private void failed(
      StreamObserver<RateLimitResponse> observer,
      List<Optional<Limited>> limited,
      Throwable failure) {
    LOG.debug("The counters cannot be asked", failure);
    switch (onFailure) {
      case ERROR ->
          observer.onError(
              Status.UNAVAILABLE
                  .withDescription("the counters cannot be asked")
                  .asRuntimeException());
      case ALLOW -> answer(observer, withoutCounters(limited, Code.OK));
      case DENY -> answer(observer, withoutCounters(limited, Code.OVER_LIMIT));
    }
  }

  private static RateLimitResponse withoutCounters(List<Optional<Limited>> limited, Code code) {
    RateLimitResponse.Builder response = RateLimitResponse.newBuilder().setOverallCode(code);
    for (Optional<Limited> one : limited) {
      DescriptorStatus.Builder status =
          response.addStatusesBuilder().setCode(one.isEmpty() ? Code.OK : code);
      one.ifPresent(of -> status.setCurrentLimit(current(of.limit())));
    }
    return response.build();
  }

  private static void answer(
      StreamObserver<RateLimitResponse> observer, RateLimitResponse response) {
    observer.onNext(response);
    observer.onCompleted();
  }
}
