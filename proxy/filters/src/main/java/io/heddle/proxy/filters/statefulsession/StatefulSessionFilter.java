package io.heddle.proxy.filters.statefulsession;

import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.statefulsession.StatefulSessionFilterFactory.Settings;
import io.heddle.proxy.filters.statefulsession.StatefulSessionFilterFactory.Stats;
import java.util.Optional;

/** Reads a session's host from the request, and writes the one that served into the response. */
final class StatefulSessionFilter implements HttpFilter {
  private final Settings configured;
  private final Optional<Stats> stats;
  private final HttpFilterContext context;
  private Optional<SessionState> state = Optional.empty();
  private Optional<String> asked = Optional.empty();
  private boolean strict;

  StatefulSessionFilter(Settings configured, Optional<Stats> stats, HttpFilterContext context) {
    this.configured = configured;
    this.stats = stats;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    Optional<Settings> own = context.routeConfig(Settings.class);
    Settings settings = own.orElse(configured);
    state = settings.state().filter(kind -> kind.covers(headers.path()));
    if (state.isPresent()) {
      strict = settings.strict();
      asked = state.get().read(headers, context.clock());
      asked.ifPresent(this::override);
    }
    return HeadersDecision.CONTINUE;
  }

  /** A text that is no address stands for a host that does not exist. */
  private void override(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    context.overrideHost(host, port(address, colon), strict);
  }

  private static int port(String address, int colon) {
    try {
      int port = colon < 0 ? 0 : Integer.parseUnsignedInt(address, colon + 1, address.length(), 10);
      return port <= 0xffff ? port : 0;
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    if (state.isPresent()) {
      Optional<String> served = context.streamInfo().upstreamHost();
      count(served);
      if (served.isPresent()) {
        state.get().write(headers, asked, served.get(), context.clock());
      }
    }
    return HeadersDecision.CONTINUE;
  }

  private void count(Optional<String> served) {
    if (stats.isEmpty()) {
      return;
    }
    Stats counters = stats.get();
    if (asked.isEmpty()) {
      counters.noSession().increment();
    } else if (served.equals(asked)) {
      counters.routed().increment();
    } else if (served.isPresent()) {
      counters.failedOpen().increment();
    } else if (strict) {
      counters.failedClosed().increment();
    }
  }
}
