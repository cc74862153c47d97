package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One exchange through one filter, in memory.
 *
 * <pre>{@code
 * try (FilterHarness harness = FilterHarness.of(factory.parse(config, context))) {
 *   harness.request("POST", "/", "x-a", "1");
 *   harness.requestData("hello", true);
 *   assertThat(harness.forwardedBody()).isEqualTo("hello");
 *   harness.response(200).responseData("world", true);
 *   assertThat(harness.sentBody()).isEqualTo("world");
 * }
 * }</pre>
 *
 * <p>Closing it completes the exchange, with a reset where it was not whole, and checks that the
 * filter has left no timer, no call and no buffer behind.
 */
public final class FilterHarness implements AutoCloseable {
  private final HeadPool pool = new HeadPool(16);
  private final HttpFilter filter;
  private final FakeContext context;
  private final FakeDirection request = new FakeDirection(this, true);
  private final FakeDirection response = new FakeDirection(this, false);
  private final List<AutoCloseable> heads = new ArrayList<>();
  private @Nullable RequestHead requestHead;
  private @Nullable ResponseHead responseHead;
  private @Nullable LocalReply reply;
  private boolean finished;
  private boolean completed;

  private FilterHarness(
      HttpFilterConfig config,
      List<RouteFilterConfig> route,
      ManualTime time,
      RandomGenerator random) {
    this.context = new FakeContext(this, route, time, random);
    this.filter = config.newFilter(context);
  }

  /** A new exchange through the filter of this configuration. */
  public static FilterHarness of(HttpFilterConfig config) {
    return new FilterHarness(config, List.of(), new ManualTime(), new Random(1));
  }

  /** The same, on a route with a configuration of its own. */
  public static FilterHarness of(HttpFilterConfig config, RouteFilterConfig route) {
    return of(config, List.of(route));
  }

  /** The same, on a route for which several levels have one, the least specific first. */
  public static FilterHarness of(HttpFilterConfig config, List<RouteFilterConfig> levels) {
    return new FilterHarness(config, levels, new ManualTime(), new Random(1));
  }

  /** The same, in time that the test shares with the factory. */
  public static FilterHarness of(
      HttpFilterConfig config, Optional<RouteFilterConfig> route, ManualTime time) {
    return new FilterHarness(config, route.stream().toList(), time, new Random(1));
  }

  /** The same, with the random numbers of the test. */
  public static FilterHarness of(HttpFilterConfig config, RandomGenerator random) {
    return new FilterHarness(config, List.of(), new ManualTime(), random);
  }

  // --- what the client and the upstream do ---

  /** The request's head arrives, a body follows; headers as name, value, name, value. */
  public HeadersDecision request(String method, String path, String... headers) {
    return request(method, path, false, headers);
  }

  /** The request's head arrives. */
  public HeadersDecision request(String method, String path, boolean endStream, String... headers) {
    RequestHead head = pool.request().start(method, path, "service", "http");
    heads.add(head::release);
    for (int i = 0; i < headers.length; i += 2) {
      head.add(HeaderName.of(headers[i]), headers[i + 1]);
    }
    requestHead = head;
    HeadersDecision decision = filter.onRequestHeaders(head, endStream);
    if (finished) {
      return decision;
    }
    switch (decision) {
      case HeadersDecision.Continue.CONTINUE -> request.headersContinue(endStream);
      case HeadersDecision.Suspend(var body) -> request.headersSuspend(body, endStream);
      case HeadersDecision.Reply(LocalReply answer) -> reply(answer);
    }
    return decision;
  }

  /** A piece of the request's body arrives. */
  public FilterHarness requestData(String data, boolean endStream) {
    if (!finished) {
      request.data(data, endStream);
    }
    return this;
  }

  /** The request's trailers arrive; returns them as the filter left them. */
  public Trailers requestTrailers(String... trailers) {
    Trailers section = section(trailers);
    filter.onRequestTrailers(section);
    return section;
  }

  /** The response's head arrives from the upstream, a body follows. */
  public FilterHarness response(int status, String... headers) {
    return response(status, false, headers);
  }

  private FilterHarness response(int status, boolean endStream, String... headers) {
    ResponseHead head = pool.response().start(status);
    heads.add(head::release);
    for (int i = 0; i < headers.length; i += 2) {
      head.add(HeaderName.of(headers[i]), headers[i + 1]);
    }
    responseHead = head;
    switch (filter.onResponseHeaders(head, endStream)) {
      case HeadersDecision.Continue.CONTINUE -> response.headersContinue(endStream);
      case HeadersDecision.Suspend(var body) -> response.headersSuspend(body, endStream);
      case HeadersDecision.Reply(LocalReply answer) -> reply(answer);
    }
    return this;
  }

  /** The response's head arrives, and nothing follows. */
  public FilterHarness wholeResponse(int status, String... headers) {
    return response(status, true, headers);
  }

  /** A piece of the response's body arrives. */
  public FilterHarness responseData(String data, boolean endStream) {
    response.data(data, endStream);
    return this;
  }

  /** The response's trailers arrive; returns them as the filter left them. */
  public Trailers responseTrailers(String... trailers) {
    Trailers section = section(trailers);
    if (filter.onResponseTrailers(section) == TrailersDecision.SUSPEND) {
      response.trailersSuspend();
    }
    return section;
  }

  private Trailers section(String... trailers) {
    Trailers section = pool.trailers();
    heads.add(section::release);
    for (int i = 0; i < trailers.length; i += 2) {
      section.add(HeaderName.of(trailers[i]), trailers[i + 1]);
    }
    return section;
  }

  /** The client goes away. */
  public FilterHarness reset() {
    end(ResetReason.DOWNSTREAM_GONE);
    return this;
  }

  /** Time goes on; timers that are due run, in order. */
  public FilterHarness advance(Duration by) {
    context.advance(by);
    return this;
  }

  // --- what became of it ---

  /** The filter. */
  public HttpFilter filter() {
    return filter;
  }

  /** What the filter was given. */
  public FakeContext context() {
    return context;
  }

  /** Whether the request's headers have gone on. */
  public boolean forwarded() {
    return request.headersPassed();
  }

  /** Whether the whole request has gone on. */
  public boolean forwardedWhole() {
    return request.endPassed();
  }

  /** The body that has gone on to the upstream. */
  public String forwardedBody() {
    return request.passedBody();
  }

  /** The body that has gone on to the client. */
  public String sentBody() {
    return response.passedBody();
  }

  /** Whether the response's trailers wait for what is before them. */
  public boolean responseTrailersHeld() {
    return response.trailersHeld();
  }

  /** Whether the filter has asked the upstream to wait. */
  public boolean responseReadDisabled() {
    return response.readDisabled();
  }

  /** The client takes the response slowly from now on, or not any more. */
  public FilterHarness slowClient(boolean slow) {
    response.slow(slow);
    return this;
  }

  /** Whether the whole response has gone on. */
  public boolean sentWhole() {
    return response.endPassed();
  }

  /** The reply that the filter gave, as its own {@code onLocalReply} left it. */
  public Optional<LocalReply> reply() {
    return Optional.ofNullable(reply);
  }

  /** The request's head as it is now. */
  public RequestHead requestHead() {
    if (requestHead == null) {
      throw new IllegalStateException("no request yet");
    }
    return requestHead;
  }

  /** The response's head as it is now, also that of a local reply. */
  public Optional<ResponseHead> responseHead() {
    return Optional.ofNullable(responseHead);
  }

  /** Response flags that the filter has set, or its reply. */
  public Set<ResponseFlag> flags() {
    return context.flags();
  }

  /** Calls that the filter made to other services, in order. */
  public List<FakeCall> calls() {
    return context.calls();
  }

  // --- what the context does ---

  FakeDirection requestDirection() {
    return request;
  }

  FakeDirection responseDirection() {
    return response;
  }

  HeadPool pool() {
    return pool;
  }

  boolean finished() {
    return finished;
  }

  void overflow(boolean ofRequest) {
    if (ofRequest) {
      reply(LocalReply.of(413, "request_payload_too_large", "Payload Too Large"));
    } else {
      end(ResetReason.OVERFLOW);
    }
  }

  void reply(LocalReply answer) {
    if (finished || response.headersPassed()) {
      return;
    }
    LocalReply left = filter.onLocalReply(answer);
    reply = left;
    finished = true;
    left.flags().forEach(context::flag);
    ResponseHead head = pool.response().start(left.status());
    heads.add(head::release);
    left.headers().forEach(head::set);
    responseHead = head;
    filter.onResponseHeaders(head, left.body().isEmpty());
  }

  void end(ResetReason reason) {
    if (completed) {
      return;
    }
    finished = true;
    filter.onReset(reason);
    complete();
  }

  private void complete() {
    completed = true;
    finished = true;
    filter.onComplete(context.streamInfo());
    context.completed();
  }

  @Override
  public void close() {
    if (!completed) {
      if (reply != null || response.endPassed() || requestHead == null) {
        complete();
      } else {
        end(ResetReason.DOWNSTREAM_GONE);
      }
    }
    request.release();
    response.release();
    for (AutoCloseable head : heads) {
      try {
        head.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    heads.clear();
    if (pool.leased() != 0) {
      throw new AssertionError("heads not given back: " + pool.leased());
    }
  }
}
