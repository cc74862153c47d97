package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.AccessLogConfig;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a request costs the heap, with access log and statistics on. */
class AllocationTest {
  private static final int REQUESTS = 2_000;
  private static final String GET =
      "GET /items?id=7 HTTP/1.1\r\nhost: a\r\nuser-agent: test\r\naccept: */*\r\n\r\n";

  @TempDir Path folder;

  @Test
  void aRequestAllocatesAtMostOneKibibyteOnItsLoop() throws Exception {
    assertThat(bytesARequest(List.of())).as("bytes a request").isLessThanOrEqualTo(1024);
  }

  @Test
  void twoFiltersThatSeeEverythingFitInTheSameKibibyte() throws Exception {
    TestFilter first = new TestFilter("test.first", _ -> new HttpFilter() {});
    TestFilter second = new TestFilter("test.second", _ -> new HttpFilter() {});
    assertThat(bytesARequest(List.of(first, second)))
        .as("bytes a request")
        .isLessThanOrEqualTo(1024);
  }

  private long bytesARequest(List<TestFilter> filters) throws Exception {
    Configs.Http http = new Configs.Http();
    http.filters = filters.stream().map(filter -> Configs.extension(filter.name())).toList();
    http.logs =
        List.of(
            new AccessLogConfig.Lines(
                new AccessLogConfig.Sink.File(folder.resolve("log").toString()),
                AccessLogConfig.Format.Default.DEFAULT));
    // Leak records allocate at every access; they are off here only.
    ResourceLeakDetector.Level hunting = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try (Upstream up = Upstream.answering("x".repeat(1024));
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(filters))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(http.listener());
      try (Wire wire = proxy.connect()) {
        long best = Long.MAX_VALUE;
        // The least of several rounds: the first ones run interpreted, and some meet a compilation.
        for (int round = 0; round < 8; round++) {
          long before = allocatedByLoops();
          for (int i = 0; i < REQUESTS; i++) {
            assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 200");
          }
          best = Math.min(best, (allocatedByLoops() - before) / REQUESTS);
        }
        return best;
      }
    } finally {
      ResourceLeakDetector.setLevel(hunting);
    }
  }

  private static long allocatedByLoops() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    int loops = 0;
    for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
      if (entry.getKey().getName().startsWith("heddle-loop")) {
        sum += threads.getThreadAllocatedBytes(entry.getKey().threadId());
        loops++;
      }
    }
    assertThat(loops).as("loops").isEqualTo(1);
    return sum;
  }
}
