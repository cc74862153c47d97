package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.HttpConnectionManagerConfig.ServerHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes heads of responses what clients shall see: what the route says before the filters, what the
 * connection manager says after them. Stateless; on the exchange's loop.
 */
final class ResponsePreparation {
  private static final Logger LOG = LoggerFactory.getLogger(ResponsePreparation.class);
  private static final HeaderName DATE = HeaderName.of("date");
  private static final HeaderName SERVER = HeaderName.of("server");
  private static final HeaderName SET_COOKIE = HeaderName.of("set-cookie");

  private ResponsePreparation() {}

  /** Of an upstream's response. */
  static void ofRoute(Exchange exchange, ResponseHead head) {
    CompiledRoute.Target chosen = exchange.matchedTarget();
    if (chosen != null) {
      chosen.responseEdits().apply(head, exchange.log);
    }
    CompiledRoute route = exchange.matchedRoute();
    if (route != null && route.attemptCounts().inResponse()) {
      head.set(Forwarding.ATTEMPT_COUNT, Integer.toString(exchange.upstream.attempts()));
    }
    ExchangeExtras more = exchange.extrasIfAny();
    if (more != null) {
      for (int i = 0; i < more.cookies.size(); i++) {
        head.add(SET_COOKIE, more.cookies.get(i));
      }
    }
  }

  /**
   * Of a reply that the proxy gives by itself.
   *
   * @param head with the reply's status and nothing else
   * @param grpc whether the client speaks gRPC, whose status goes without a body
   * @return the body
   */
  static byte[] ofReply(Exchange exchange, ResponseHead head, LocalReply reply, boolean grpc) {
    byte[] body = exchange.manager.localReplies.apply(reply, head, exchange);
    int status = head.status();
    if (grpc) {
      head.status(200);
    }
    try {
      reply.headers().forEach(head::set);
      CompiledRoute.Target chosen = exchange.matchedTarget();
      if (chosen != null && reply.detail().equals("direct_response")) {
        chosen.responseEdits().apply(head, exchange.log);
      }
    } catch (IllegalArgumentException notAllowed) {
      LOG.warn("A local reply has a header that cannot be sent: {}", notAllowed.getMessage());
    }
    if (grpc) {
      GrpcReply.fill(head, status, body, exchange.request.methodIs("HEAD"));
    }
    return body;
  }

  /** Of any response, just before it is sent. */
  static void ofManager(Exchange exchange, ResponseHead head) {
    HttpChain manager = exchange.manager;
    RetryMark.strip(exchange, head);
    if (!head.contains(DATE)) {
      head.set(DATE, exchange.worker.date());
    }
    ServerHeader server = manager.config.serverHeader();
    if (server.transformation() == ServerHeader.Transformation.OVERWRITE
        || (server.transformation() == ServerHeader.Transformation.APPEND_IF_ABSENT
            && !head.contains(SERVER))) {
      head.set(SERVER, server.name());
    }
    if (!manager.config.via().isEmpty()) {
      RequestPreparation.via(head, manager.config.via());
    }
    if (manager.config.requestId().alwaysSetInResponse()) {
      exchange
          .request
          .first(RequestPreparation.REQUEST_ID)
          .ifPresent(id -> head.set(RequestPreparation.REQUEST_ID, id));
    }
  }
}
