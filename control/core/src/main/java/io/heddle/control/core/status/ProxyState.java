package io.heddle.control.core.status;

import java.time.Instant;

/**
 * How a proxy stands, in a line.
 *
 * @param kind {@code sidecar}, {@code gateway} or {@code unknown}
 * @param service {@code namespace/name} of its service or Gateway, empty when unknown
 * @param since when it connected, or when it left
 * @param detail what it refused or what is wrong with it, else empty
 */
public record ProxyState(
    String id, String kind, String service, Instant since, State state, String detail) {
  /** The four answers. */
  public enum State {
    IN_SYNC("InSync"),
    BEHIND("Behind"),
    REJECTED("Rejected"),
    DISCONNECTED("Disconnected");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** As documents spell it. */
    public String text() {
      return text;
    }
  }
}
