package io.heddle.proxy.filters.harness;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.TextFormat;
import io.heddle.testkit.ManualTime;
import java.time.InstantSource;

/**
 * What a factory gets: statistics in a map, those without a prefix under {@code server.}, and time
 * that stands still.
 */
public record FakeFactoryContext(
    FakeStats stats,
    ManualTime time,
    FakeServer server,
    FakeBackground background,
    FakeGrpcClient grpcClient,
    FakeRuntime runtime,
    FakeClient httpClient)
    implements FilterFactoryContext {
  /** New statistics and new time. */
  public FakeFactoryContext() {
    this(
        new FakeStats(),
        new ManualTime(),
        new FakeServer(),
        new FakeBackground(),
        new FakeGrpcClient(),
        new FakeRuntime(),
        new FakeClient());
  }

  @Override
  public StatsScope serverStats() {
    return stats.scope("server");
  }

  /** Operators need the engine; here none is known. */
  @Override
  public TextFormat textFormat(String pattern, boolean omitEmpty) {
    throw new IllegalArgumentException(pattern);
  }

  @Override
  public TextFormat jsonFormat(Struct fields, boolean omitEmpty) {
    throw new IllegalArgumentException(fields.toString());
  }

  /** As of a proxy that has no language. */
  @Override
  public ExpressionLanguage expressions() {
    return ExpressionLanguage.NONE;
  }

  @Override
  public InstantSource clock() {
    return time;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public int concurrency() {
    return 2;
  }
}
