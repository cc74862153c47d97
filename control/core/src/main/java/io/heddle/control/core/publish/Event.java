package io.heddle.control.core.publish;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.xds.server.ProxyStream;
import java.util.List;
import java.util.Map;

/** What the publisher's thread is told. */
sealed interface Event {
  record Relisted(List<ResourceObject> objects, Revision revision) implements Event {}

  record Changed(List<StoreEvent> events, Revision revision) implements Event {}

  record Instances(Map<ServiceKey, List<RegisteredInstance>> changed) implements Event {}

  record Connected(ProxyStream stream) implements Event {}

  record Disconnected(ProxyStream stream) implements Event {}

  record Accepted(String nodeId, String table, String version) implements Event {}

  record Rejected(io.heddle.xds.server.Rejection rejection) implements Event {}

  /** Localities have a share of their weight. */
  record Shares(Map<ObjectKey, Map<Locality, Integer>> shares) implements Event {}

  /** Something that is done between two publications. */
  record Command(Runnable work) implements Event {}

  /** The thread ends. */
  enum Stop implements Event {
    STOP
  }
}
