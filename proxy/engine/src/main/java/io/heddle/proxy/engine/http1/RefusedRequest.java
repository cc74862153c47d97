package io.heddle.proxy.engine.http1;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.StreamInfo.WireBytes;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.Violation;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.exchange.RefusalSubject;
import io.heddle.proxy.engine.loop.Worker;
import java.util.Optional;

/** A request that could not be parsed, for the access log. */
record RefusedRequest(
    Worker worker,
    HttpChain manager,
    ConnectionInfo info,
    Optional<RequestHead> head,
    Violation violation,
    int bytesSent,
    WireBytes downstreamBytes) {
  void log() {
    RefusalSubject.log(
        worker,
        manager,
        info,
        head.orElse(null),
        violation.status(),
        violation.details(),
        bytesSent,
        downstreamBytes);
  }
}
