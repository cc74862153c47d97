package io.heddle.proxy.engine;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.api.NameCaches;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.TextFormat;
import io.heddle.proxy.engine.exchange.ExchangeFormats;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What the engine lends to the factories of extensions. Immutable; safe on every thread.
 *
 * @param stats of who asks
 * @param nanos a monotonic clock
 */
record FactoryContext(
    StatsScope stats,
    StatsScope serverStats,
    InstantSource clock,
    LongSupplier nanos,
    int concurrency,
    ServerView server,
    GrpcClient grpcClient,
    NameCaches nameCaches,
    Background background,
    RuntimeView runtime,
    ExpressionLanguage expressions,
    AsyncHttpClient httpClient)
    implements FilterFactoryContext {
  @Override
  public long nanoTime() {
    return nanos.getAsLong();
  }

  @Override
  public TextFormat textFormat(String pattern, boolean omitEmpty) {
    return ExchangeFormats.text(pattern, omitEmpty, expressions);
  }

  @Override
  public TextFormat jsonFormat(Struct fields, boolean omitEmpty) {
    return ExchangeFormats.json(fields, omitEmpty, expressions);
  }
}
