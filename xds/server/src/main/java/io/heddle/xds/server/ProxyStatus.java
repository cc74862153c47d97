package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * How one connected proxy stands.
 *
 * @param since when its oldest open stream became known
 * @param types what it is subscribed to
 * @param rejections the resources that it refuses in their present version
 */
public record ProxyStatus(
    NodeInfo node,
    Instant since,
    List<ProxyStream> streams,
    Map<ResourceType, TypeStatus> types,
    List<Rejection> rejections) {

  /**
   * How one type stands.
   *
   * @param pending whether something is still to be sent or acknowledged
   * @param acknowledged how many resources the proxy has accepted and holds
   */
  public record TypeStatus(boolean pending, int acknowledged) {}

  /** Copies the collections. */
  public ProxyStatus {
    streams = List.copyOf(streams);
    types = Map.copyOf(types);
    rejections = List.copyOf(rejections);
  }
}
