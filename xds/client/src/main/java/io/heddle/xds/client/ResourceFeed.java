package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.util.Set;

/**
 * Resources of one type from one source. Everything is called on the scheduler's thread, on which
 * the sink is told, too.
 */
public interface ResourceFeed {
  /** Begins; nothing comes before. */
  void start();

  /** Replaces the names that are wanted; empty wants nothing. */
  void subscribe(Set<String> names);

  /** Ends for good without waiting. */
  void end();

  /** What has been counted; readable from any thread. */
  XdsStats stats();

  /** Every accepted resource. */
  LastGood accepted();

  /** A gRPC stream of this type alone. */
  static ResourceFeed stream(ResourceType type, XdsClient client) {
    return new ResourceFeed() {
      @Override
      public void start() {
        client.startStream();
      }

      @Override
      public void subscribe(Set<String> names) {
        client.subscribe(type, names);
      }

      @Override
      public void end() {
        client.end();
      }

      @Override
      public XdsStats stats() {
        return client.stats();
      }

      @Override
      public LastGood accepted() {
        return client.accepted();
      }
    };
  }
}
