package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.xds.model.HttpConnectionManagerConfig.ClientAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells the proxies above that a request was sent again in vain, so that not each of them does the
 * same once more: three layers of three attempts would be 27. Stateless.
 */
final class RetryMark {
  /** On a response: how many more attempts there were. */
  static final HeaderName NAME = HeaderName.of("x-heddle-retried");

  private RetryMark() {}

  static LocalReply on(LocalReply reply, int retries) {
    Map<HeaderName, String> headers = new LinkedHashMap<>(reply.headers());
    headers.put(NAME, Integer.toString(retries));
    return new LocalReply(reply.status(), reply.detail(), reply.flags(), headers, reply.body());
  }

  /** Outsiders are not told. */
  static void strip(Exchange exchange, ResponseHead head) {
    ClientAddress address = exchange.manager.config.clientAddress();
    if (address.useRemoteAddress()
        && !exchange.request.contains(RequestPreparation.INTERNAL_FLAG)) {
      head.remove(NAME);
    }
  }
}
