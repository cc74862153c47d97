package io.heddle.proxy.api;

import com.google.protobuf.Struct;
import java.time.InstantSource;

/** What a factory may use while it parses, and hand to what it makes. Safe on every thread. */
public interface FilterFactoryContext {
  /** Statistics under the listener's prefix: {@code http.<stat_prefix>.}. */
  StatsScope stats();

  /**
   * Statistics without a prefix; for filters whose configuration brings a prefix of its own, as
   * Envoy's {@code stat_prefix} does.
   */
  StatsScope serverStats();

  /** Wall clock. */
  InstantSource clock();

  /** Monotonic nanoseconds, for durations and buckets. */
  long nanoTime();

  /** Threads that serve traffic in this proxy; for state kept per loop. */
  int concurrency();

  /** The proxy that this runs in. */
  default ServerView server() {
    return ServerView.NOTHING;
  }

  /** Streams to other services, for work of the whole proxy. */
  default GrpcClient grpcClient() {
    return GrpcClient.NONE;
  }

  /**
   * Calls to other services, for work of the whole proxy and not of one exchange. May be called on
   * every thread; answers come on an event loop, and calls cannot be given up.
   */
  default AsyncHttpClient httpClient() {
    return (request, handler) -> {
      handler.onFailure(AsyncHttpClient.Failure.NO_CLUSTER);
      return () -> {};
    };
  }

  /** A thread beside the event loops. */
  Background background();

  /** Names that clients bring, looked up once for all. */
  default NameCaches nameCaches() {
    return NameCaches.NONE;
  }

  /**
   * Compiles a text with command operators, such as {@code %REQ(X-NAME)%}.
   *
   * @param omitEmpty whether a missing answer is nothing and not {@code -}
   * @throws IllegalArgumentException names the operator that is not known, or malformed
   */
  TextFormat textFormat(String pattern, boolean omitEmpty);

  /**
   * Compiles one JSON object whose texts have command operators.
   *
   * @param omitEmpty whether a field without an answer is left out and not null
   * @throws IllegalArgumentException names the operator that is not known, or malformed
   */
  TextFormat jsonFormat(Struct fields, boolean omitEmpty);

  /** Compiles expressions over attributes. */
  ExpressionLanguage expressions();

  /** Values that operators may change while requests run; keep it and ask it each time. */
  default RuntimeView runtime() {
    return RuntimeView.NONE;
  }
}
