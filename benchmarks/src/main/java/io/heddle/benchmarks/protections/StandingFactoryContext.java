package io.heddle.benchmarks.protections;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.TextFormat;
import io.heddle.proxy.engine.stats.StatsRegistry;
import java.time.InstantSource;

/** What a factory asks an engine for, with an engine's statistics. */
final class StandingFactoryContext implements FilterFactoryContext {
  private final StatsScope stats = new StatsRegistry(1).root().scope("http").scope("measured");

  @Override
  public StatsScope stats() {
    return stats;
  }

  @Override
  public StatsScope serverStats() {
    return stats;
  }

  @Override
  public InstantSource clock() {
    return InstantSource.system();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public int concurrency() {
    return 2;
  }

  @Override
  public Background background() {
    throw new UnsupportedOperationException("not measured");
  }

  @Override
  public TextFormat textFormat(String pattern, boolean omitEmpty) {
    throw new UnsupportedOperationException("not measured");
  }

  @Override
  public TextFormat jsonFormat(Struct fields, boolean omitEmpty) {
    throw new UnsupportedOperationException("not measured");
  }

  @Override
  public ExpressionLanguage expressions() {
    return ExpressionLanguage.NONE;
  }
}
