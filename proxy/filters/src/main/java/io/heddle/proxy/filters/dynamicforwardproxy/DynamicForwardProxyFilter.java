package io.heddle.proxy.filters.dynamicforwardproxy;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.NameCache;
import io.heddle.proxy.api.NameCache.Answer;
import io.heddle.proxy.api.NameCache.Lookup;
import io.heddle.proxy.api.NameCache.Waiting;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.StreamInfo;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Holds a request until its host has an address; only where its cluster goes by that. */
final class DynamicForwardProxyFilter implements HttpFilter {
  private static final String HOST = "envoy.upstream.dynamic_host";
  private static final String PORT = "envoy.upstream.dynamic_port";
  private static final LocalReply FULL =
      LocalReply.of(503, "dns_cache_overflow", "DNS cache overflow");
  private static final LocalReply BUSY =
      LocalReply.of(
          503,
          "dynamic_forward_proxy_pending_request_overflow",
          "Dynamic forward proxy pending request overflow");

  private final NameCache names;
  private final ServerView server;
  private final boolean fromFilterState;
  private final HttpFilterContext context;
  private @Nullable Waiting waiting;

  DynamicForwardProxyFilter(
      NameCache names, ServerView server, boolean fromFilterState, HttpFilterContext context) {
    this.names = names;
    this.server = server;
    this.fromFilterState = fromFilterState;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    String cluster = context.route().flatMap(RouteView::cluster).orElse("");
    OptionalInt defaultPort = server.forwardPort(cluster);
    if (defaultPort.isEmpty()) {
      return HeadersDecision.CONTINUE;
    }
    context.routeConfig(HostRewrite.class).ifPresent(rewrite -> rewrite.apply(headers));
    String host = headers.authority();
    int port = defaultPort.getAsInt();
    if (fromFilterState) {
      FilterState state = context.filterState();
      host = state.text(HOST).orElse(host);
      port = port(state.text(PORT).orElse(""), port);
    }
    return switch (names.look(host, port, this::answered)) {
      case Lookup.Found(Answer answer) when answer.known() -> HeadersDecision.CONTINUE;
      case Lookup.Found(Answer answer) -> reply(failed(answer));
      case Lookup.Full.FULL -> reply(FULL);
      case Lookup.Busy.BUSY -> reply(BUSY);
      case Waiting on -> {
        waiting = on;
        yield new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
      }
    };
  }

  private static int port(String text, int otherwise) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return otherwise;
    }
    int port = Integer.parseInt(text);
    return port > 0 && port <= 65_535 ? port : otherwise;
  }

  /** On whatever thread the answer came. */
  private void answered(Answer answer) {
    context.execute(() -> {
      waiting = null;
      if (answer.known()) {
        context.request().resume();
      } else {
        context.reply(failed(answer));
      }
    });
  }

  private static HeadersDecision reply(LocalReply reply) {
    return new HeadersDecision.Reply(reply);
  }

  private static LocalReply failed(Answer answer) {
    return answer.failure().equals(FULL.detail())
        ? FULL
        : new LocalReply(
            503,
            "dns_resolution_failure{" + answer.failure() + "}",
            List.of(ResponseFlag.DNS_RESOLUTION_FAILURE),
            Map.of(),
            "DNS resolution failure");
  }

  @Override
  public void onComplete(StreamInfo info) {
    Waiting on = waiting;
    if (on != null) {
      on.cancel();
    }
  }
}
