package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig.Callback;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.chain.FilterList;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One filter of one exchange, and what the proxy offers it. Owned by the exchange's loop. */
// Named as in the API.
@SuppressWarnings("BadImport")
final class FilterStage implements HttpFilterContext {
  /** No filter. */
  static final FilterStage[] NONE = new FilterStage[0];

  private static final Logger LOG = LoggerFactory.getLogger(FilterStage.class);

  private final Exchange exchange;
  private final Flow flow;

  /** A short, as with it a stage is eight bytes smaller; a chain has far fewer filters. */
  private final short index;

  private final @Nullable FilterEntry entry;
  private final @Nullable HttpFilter filter;
  private final StageDirection request;
  private StageDirection response;
  private @Nullable PendingWork work;
  private boolean seenRequest;
  private boolean ended;

  FilterStage(Exchange exchange, Flow flow, int index, FilterEntry entry) {
    this.exchange = exchange;
    this.flow = flow;
    this.index = (short) index;
    this.entry = entry;
    this.request = direction(true, entry);
    this.response = direction(false, entry);
    this.filter = entry.config().newFilter(this);
  }

  /** A context that belongs to no filter. */
  FilterStage(Exchange exchange) {
    this.exchange = exchange;
    this.flow = new DownstreamFlow(exchange);
    this.index = (short) -1;
    this.entry = null;
    this.filter = null;
    this.request = new StageDirection(this, true, false, false);
    this.response = new StageDirection(this, false, false, false);
  }

  /** The filters of an exchange, as what it switches to and its route have them. */
  static FilterStage[] chain(Exchange exchange) {
    HttpChain manager = exchange.manager;
    FilterList filters =
        exchange.upgrade() ? manager.filtersOfUpgrade(exchange.request) : manager.filters;
    if (filters.isEmpty()) {
      return NONE;
    }
    CompiledRoute.Target chosen = exchange.target();
    FilterEntry[] entries =
        chosen == null
            ? filters.running(Set.of(), Set.of())
            : filters.running(chosen.disabledFilters(), chosen.enabledFilters());
    if (entries.length == 0) {
      return NONE;
    }
    FilterStage[] made = new FilterStage[entries.length];
    Flow flow = new DownstreamFlow(exchange);
    for (int i = 0; i < entries.length; i++) {
      made[i] = new FilterStage(exchange, flow, i, entries[i]);
    }
    return made;
  }

  private StageDirection direction(boolean ofRequest, FilterEntry of) {
    return new StageDirection(
        this,
        ofRequest,
        of.wants(ofRequest ? Callback.REQUEST_HEADERS : Callback.RESPONSE_HEADERS),
        of.wants(ofRequest ? Callback.REQUEST_BODY : Callback.RESPONSE_BODY));
  }

  private HttpFilter filter() {
    HttpFilter mine = filter;
    if (mine == null) {
      throw new IllegalStateException("a context without a filter");
    }
    return mine;
  }

  private boolean wants(Callback callback) {
    FilterEntry mine = entry;
    return mine != null && mine.wants(callback);
  }

  // --- what the engine calls ---

  StageDirection requestDirection() {
    seenRequest = true;
    return request;
  }

  StageDirection responseDirection() {
    return response;
  }

  HeadersDecision headers(boolean ofRequest, boolean end) {
    ResponseHead head = flow.responseHead();
    return ofRequest || head == null
        ? filter().onRequestHeaders(exchange.request, end)
        : filter().onResponseHeaders(head, end);
  }

  DataDecision data(boolean ofRequest, ByteBuf data, boolean end) {
    return ofRequest ? filter().onRequestData(data, end) : filter().onResponseData(data, end);
  }

  TrailersDecision trailers(boolean ofRequest, Trailers trailers) {
    return ofRequest ? filter().onRequestTrailers(trailers) : filter().onResponseTrailers(trailers);
  }

  void informational(ResponseHead head) {
    if (wants(Callback.RESPONSE_HEADERS) && !over()) {
      try {
        filter().onInformational(head);
      } catch (RuntimeException failure) {
        failed(failure);
      }
    }
  }

  LocalReply localReply(LocalReply reply) {
    if (seenRequest && wants(Callback.LOCAL_REPLY)) {
      try {
        return filter().onLocalReply(reply);
      } catch (RuntimeException failure) {
        LOG.warn("Filter {} failed at a local reply, which is sent as it was", name(), failure);
      }
    }
    return reply;
  }

  void dropRequest() {
    request.drop();
  }

  void restartResponse() {
    FilterEntry mine = entry;
    response.drop();
    if (mine != null) {
      response = direction(false, mine);
    }
  }

  void reset(ResetReason reason) {
    request.drop();
    response.drop();
    if (wants(Callback.END)) {
      try {
        filter().onReset(reason);
      } catch (RuntimeException failure) {
        LOG.warn("Filter {} failed at a reset", name(), failure);
      }
    }
  }

  void complete() {
    request.drop();
    response.drop();
    // onComplete is always called, whatever callbacks a filter asked for.
    if (filter != null) {
      try {
        filter().onComplete(streamInfo());
      } catch (RuntimeException failure) {
        LOG.warn("Filter {} failed at the end", name(), failure);
      }
    }
    ended = true;
    PendingWork left = work;
    if (left != null) {
      left.end();
    }
  }

  private PendingWork work() {
    PendingWork made = work;
    if (made == null) {
      made = new PendingWork(exchange.worker, exchange.manager.clusters, this::failed);
      work = made;
      if (ended || filter == null) {
        // A balancer or an access logger has no end of its own that could cancel anything.
        made.end();
      }
    }
    return made;
  }

  private String name() {
    FilterEntry mine = entry;
    return mine == null ? "" : mine.name();
  }

  // --- what the directions ask ---

  boolean over() {
    return flow.over();
  }

  void failed(Throwable failure) {
    exchange.filterFailed(name(), failure);
  }

  void overflow(boolean ofRequest) {
    exchange.overflow(ofRequest);
  }

  ByteBuf allocate(int size) {
    return exchange.worker.allocator().directBuffer(size);
  }

  @Nullable HeaderMap message(boolean ofRequest) {
    return ofRequest ? exchange.request : flow.responseHead();
  }

  long heldBytes() {
    return request.heldBytes() + response.heldBytes();
  }

  /** Of what a direction gathers unless told otherwise, in bytes. */
  int bufferLimit() {
    return filter == null ? 0 : exchange.manager.bufferLimit;
  }

  boolean slow(boolean ofRequest) {
    return flow.slow(ofRequest);
  }

  void disableRead(boolean ofRequest) {
    flow.disableRead(ofRequest);
  }

  void enableRead(boolean ofRequest) {
    flow.enableRead(ofRequest);
  }

  void nextHeaders(boolean ofRequest, boolean end) {
    if (ofRequest) {
      flow.requestHeaders(index + 1, end);
    } else {
      flow.responseHeaders(index - 1, end);
    }
  }

  void nextData(boolean ofRequest, ByteBuf data, boolean end) {
    if (ofRequest) {
      flow.requestData(index + 1, data, end);
    } else {
      flow.responseData(index - 1, data, end);
    }
  }

  void nextTrailers(boolean ofRequest, Trailers trailers) {
    if (ofRequest) {
      flow.requestTrailers(index + 1, trailers);
    } else {
      flow.responseTrailers(index - 1, trailers);
    }
  }

  // --- HttpFilterContext ---

  @Override
  public FilterDirection request() {
    return request;
  }

  @Override
  public FilterDirection response() {
    return response;
  }

  @Override
  public RequestHeaders requestHeaders() {
    return exchange.request;
  }

  @Override
  public Optional<ResponseHeaders> responseHeaders() {
    return Optional.ofNullable(flow.responseHead());
  }

  @Override
  public void reply(LocalReply reply) {
    exchange.worker.batch(() -> exchange.reply(reply));
  }

  @Override
  public void reset() {
    exchange.worker.batch(() -> exchange.fail(ResetReason.FILTER, "filter_reset"));
  }

  @Override
  public <T extends HttpFilterFactory.RouteFilterConfig> Optional<T> routeConfig(Class<T> type) {
    CompiledRoute.Target target = exchange.target();
    List<HttpFilterFactory.RouteFilterConfig> levels =
        target == null ? null : target.filterConfigs().get(name());
    if (levels == null) {
      return Optional.empty();
    }
    HttpFilterFactory.RouteFilterConfig config = levels.getLast();
    return type.isInstance(config) ? Optional.of(type.cast(config)) : Optional.empty();
  }

  @Override
  public <T extends HttpFilterFactory.RouteFilterConfig> List<T> routeConfigs(Class<T> type) {
    CompiledRoute.Target target = exchange.target();
    List<HttpFilterFactory.RouteFilterConfig> levels =
        target == null ? null : target.filterConfigs().get(name());
    if (levels == null) {
      return List.of();
    }
    List<T> typed = new ArrayList<>(levels.size());
    for (HttpFilterFactory.RouteFilterConfig level : levels) {
      if (type.isInstance(level)) {
        typed.add(type.cast(level));
      }
    }
    return typed;
  }

  @Override
  public Optional<RouteView> route() {
    CompiledRoute route = exchange.route();
    CompiledRoute.Target target = exchange.target();
    if (route == null || target == null) {
      return Optional.empty();
    }
    return Optional.of(new ChosenRoute(exchange, route, target));
  }

  @Override
  public void clearRouteCache() {
    exchange.clearRoute();
  }

  @Override
  public void overrideCluster(String cluster) {
    exchange.extras().clusterOverride = cluster;
  }

  @Override
  public void overrideHost(String address, int port) {
    overrideHost(address, port, /* strict= */ false);
  }

  @Override
  public void overrideHost(String address, int port, boolean strict) {
    ExchangeExtras more = exchange.extras();
    more.hostOverride =
        address.indexOf(':') >= 0 ? "[" + address + "]:" + port : address + ":" + port;
    more.hostOverrideStrict = strict;
  }

  /** What formats ask. */
  static String render(Format format, HttpFilterContext exchange) {
    return format.render(subject(exchange));
  }

  static Subject subject(HttpFilterContext exchange) {
    if (exchange instanceof FilterStage stage) {
      return stage.exchange.log;
    }
    throw new IllegalArgumentException(
        "exchange: " + exchange.getClass().getName() + " (expected: one of this engine)");
  }

  @Override
  public void overrideTimeout(Duration timeout) {
    exchange.extras().timeoutOverride = timeout.toNanos();
  }

  @Override
  public StreamInfo streamInfo() {
    return new ExchangeInfo(exchange.log);
  }

  @Override
  public FilterState filterState() {
    return exchange.state();
  }

  @Override
  public DynamicMetadata dynamicMetadata() {
    return exchange.state();
  }

  @Override
  public ConnectionInfo connection() {
    return exchange.log.connection();
  }

  @Override
  public InstantSource clock() {
    return exchange.worker.clock();
  }

  @Override
  public long nanoTime() {
    return exchange.worker.nanoTime();
  }

  @Override
  public RandomGenerator random() {
    return exchange.worker.random();
  }

  @Override
  public StatsScope stats() {
    return exchange.manager.stats.scope;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return work().schedule(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    exchange
        .worker
        .loop()
        .execute(() -> {
          if (!ended && !exchange.completed()) {
            exchange.worker.batch(() -> {
              try {
                task.run();
              } catch (RuntimeException failure) {
                failed(failure);
              }
            });
          }
        });
  }

  @Override
  public AsyncHttpClient httpClient() {
    return work();
  }

  @Override
  public void flag(ResponseFlag flag) {
    exchange.flag(flag);
  }

  @Override
  public void markHealthCheck() {
    exchange.log.healthCheck = true;
  }

  @Override
  public Optional<HeaderMap> responseTrailers() {
    return Optional.ofNullable(exchange.responseTrailers());
  }
}
