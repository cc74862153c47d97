package io.heddle.control.core.status;

import io.heddle.xds.server.ProxySync;
import io.heddle.xds.server.Rejection;

/**
 * How one proxy stands to some objects.
 *
 * @param proxy its node id
 * @param resource the first resource that it refused, or has not accepted yet; else empty
 * @param message what it said to a refusal, else empty
 */
public record ProxyAnswer(String proxy, ProxySync.State state, String resource, String message) {
  static ProxyAnswer rejected(String proxy, String resource, String message) {
    return new ProxyAnswer(proxy, ProxySync.State.REJECTED, resource, message);
  }

  static ProxyAnswer of(ProxySync sync) {
    String proxy = sync.node().id();
    return switch (sync.state()) {
      case REJECTED -> {
        Rejection first = sync.rejections().getFirst();
        yield rejected(proxy, first.name(), first.message());
      }
      case BEHIND ->
          new ProxyAnswer(proxy, ProxySync.State.BEHIND, sync.behind().getFirst().name(), "");
      case IN_SYNC -> new ProxyAnswer(proxy, ProxySync.State.IN_SYNC, "", "");
    };
  }

  /** As documents spell the state. */
  public String word() {
    return switch (state) {
      case IN_SYNC -> ProxyState.State.IN_SYNC.text();
      case BEHIND -> ProxyState.State.BEHIND.text();
      case REJECTED -> ProxyState.State.REJECTED.text();
    };
  }
}
