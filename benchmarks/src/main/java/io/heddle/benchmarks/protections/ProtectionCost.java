package io.heddle.benchmarks.protections;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.filters.adaptiveconcurrency.AdaptiveConcurrencyFilterFactory;
import io.heddle.proxy.filters.admissioncontrol.AdmissionControlFilterFactory;
import io.heddle.proxy.filters.fault.FaultFilterFactory;
import io.heddle.proxy.filters.shed.ShedFilterFactory;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Prints nanoseconds a request of each protection, all by itself, and of several threads. */
@SuppressWarnings("SystemOut") // The output is the result.
public final class ProtectionCost {
  private static final long TURN_NANOS = 200_000_000L;
  private static final int TURNS = 5;
  private static final int THREADS = 2;

  /** Processor time, which others on the machine do not add to. */
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  private ProtectionCost() {}

  /** Runs all. */
  public static void main(String[] arguments) throws Exception {
    System.out.printf("%-22s %10s %10s%n", "FILTER", "ALONE", THREADS + " THREADS");
    show("none", () -> EmptyConfig.EMPTY);
    show(
        "fault, not for it",
        () ->
            parsed(
                new FaultFilterFactory(),
                Any.pack(
                    HTTPFault.newBuilder()
                        .addHeaders(HeaderMatcher.newBuilder().setName("x-fault"))
                        .build())));
    show(
        "admission_control",
        () ->
            parsed(
                new AdmissionControlFilterFactory(),
                Any.pack(
                    AdmissionControl.newBuilder()
                        .setSuccessCriteria(AdmissionControl.SuccessCriteria.getDefaultInstance())
                        .build())));
    show("adaptive_concurrency", () -> parsed(new AdaptiveConcurrencyFilterFactory(), adaptive()));
    show(
        "shed",
        () ->
            parsed(
                new ShedFilterFactory(),
                Any.newBuilder()
                    .setTypeUrl("heddle.filters.http.shed/google.protobuf.Struct")
                    .setValue(Struct.getDefaultInstance().toByteString())
                    .build()));
  }

  private static Any adaptive() {
    AdaptiveConcurrency.Builder message = AdaptiveConcurrency.newBuilder();
    var gradient = message.getGradientControllerConfigBuilder();
    gradient
        .getConcurrencyLimitParamsBuilder()
        .setConcurrencyUpdateInterval(Duration.newBuilder().setNanos(100_000_000));
    gradient
        .getMinRttCalcParamsBuilder()
        .setInterval(Duration.newBuilder().setSeconds(60))
        .setMinConcurrency(UInt32Value.of(100));
    return Any.pack(message.build());
  }

  private static HttpFilterConfig parsed(HttpFilterFactory factory, Any config) {
    FilterFactoryContext context = new StandingFactoryContext();
    try {
      return factory.parse(config, context);
    } catch (FilterConfigException wrong) {
      throw new IllegalStateException(wrong);
    }
  }

  /** Makes a configuration anew. */
  private interface Maker {
    HttpFilterConfig make();
  }

  private static void show(String name, Maker maker) throws InterruptedException {
    double alone = best(maker.make());
    HttpFilterConfig shared = maker.make();
    double[] each = new double[THREADS];
    Thread[] threads = new Thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
      int place = i;
      threads[i] = Thread.ofPlatform().start(() -> each[place] = best(shared));
    }
    double sum = 0;
    for (int i = 0; i < THREADS; i++) {
      threads[i].join();
      sum += each[i];
    }
    System.out.printf("%-22s %10.0f %10.0f%n", name, alone, sum / THREADS);
  }

  private static double best(HttpFilterConfig config) {
    HeadPool pool = new HeadPool(2);
    RequestHead request = pool.request().start("GET", "/api/items/7", "shop.test", "http");
    request.add(HeaderName.of("user-agent"), "curl/8");
    request.add(HeaderName.of("accept"), "*/*");
    ResponseHead response = pool.response().start(200);
    response.add(HeaderName.of("content-type"), "application/json");
    StandingContext context = new StandingContext(request);
    double best = Double.MAX_VALUE;
    for (int turn = 0; turn < TURNS; turn++) {
      long begin = CLOCK.getCurrentThreadCpuTime();
      long end = begin + TURN_NANOS;
      long count = 0;
      long now;
      do {
        for (int i = 0; i < 256; i++) {
          HttpFilter filter = config.newFilter(context);
          var _ = filter.onRequestHeaders(request, true);
          var _ = filter.onResponseHeaders(response, true);
          filter.onComplete(context.streamInfo());
        }
        count += 256;
        now = CLOCK.getCurrentThreadCpuTime();
      } while (now < end);
      best = Math.min(best, (double) (now - begin) / count);
    }
    request.release();
    response.release();
    return best;
  }
}
