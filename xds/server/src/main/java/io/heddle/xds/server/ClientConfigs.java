package io.heddle.xds.server;

import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientConfig.GenericXdsConfig;
import io.envoyproxy.envoy.service.status.v3.ConfigStatus;
import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says of one node what it asks for, what it holds of that and what it refused, as CSDS has it:
 * {@code config_status} is how the server stands to the client, {@code client_status} how the
 * client stands to the resource. Used on the shard's thread.
 *
 * <p>A secret's content is never shown.
 */
final class ClientConfigs {
  private static final int ABOUT_BYTES_PER_RESOURCE = 128;

  private final boolean contents;
  private final Budget budget;

  /** Counts the bytes of one answer, over all shards. */
  interface Budget {
    /** Takes so many bytes; false when there are not so many left. */
    boolean take(int bytes);
  }

  ClientConfigs(boolean contents, Budget budget) {
    this.contents = contents;
    this.budget = budget;
  }

  /** The status of one node; null when the answer is full. */
  @Nullable ClientConfig of(List<StreamState> streams) {
    ClientConfig.Builder config =
        ClientConfig.newBuilder().setNode(node(streams.getFirst().info().node()));
    for (StreamState stream : streams) {
      for (Subscription subscription : stream.subscriptions()) {
        for (String name : subscription.concerned()) {
          GenericXdsConfig resource = resource(subscription, name);
          if (!budget.take(resource.getSerializedSize() + ABOUT_BYTES_PER_RESOURCE)) {
            return null;
          }
          config.addGenericXdsConfigs(resource);
        }
      }
    }
    return config.build();
  }

  private GenericXdsConfig resource(Subscription subscription, String name) {
    ResourceType type = subscription.type();
    StreamState stream = subscription.stream();
    EncodedResource shown = stream.lookup(type, name);
    EncodedResource held = subscription.acknowledged(name);
    GenericXdsConfig.Builder config =
        GenericXdsConfig.newBuilder().setTypeUrl(type.typeUrl()).setName(name);
    if (held != null) {
      config.setVersionInfo(held.version());
      if (subscription.acceptedAt().isAfter(Instant.EPOCH)) {
        config.setLastUpdated(timestamp(subscription.acceptedAt()));
      }
      if (shows(held)) {
        config.setXdsConfig(held.any());
      }
    }
    NodeState.Quarantine refused = stream.node().quarantineOf(new ResourceKey(type, name));
    if (refused != null && shown != null && shown.version().equals(refused.version())) {
      UpdateFailureState.Builder failure =
          UpdateFailureState.newBuilder()
              .setDetails(refused.message())
              .setVersionInfo(refused.version())
              .setLastUpdateAttempt(timestamp(refused.at()));
      if (shows(shown)) {
        failure.setFailedConfiguration(shown.any());
      }
      return config
          .setConfigStatus(ConfigStatus.ERROR)
          .setClientStatus(ClientResourceStatus.NACKED)
          .setErrorState(failure)
          .build();
    }
    String stall = subscription.stallOf(name);
    if (stall != null) {
      return config
          .setConfigStatus(ConfigStatus.ERROR)
          .setClientStatus(ClientResourceStatus.NACKED)
          .setErrorState(
              UpdateFailureState.newBuilder()
                  .setDetails("refused together with others, which of them is not known: " + stall)
                  .setVersionInfo(shown == null ? "" : shown.version()))
          .build();
    }
    return config
        .setConfigStatus(configStatus(subscription, name, shown, held))
        .setClientStatus(clientStatus(shown, held))
        .build();
  }

  private static ConfigStatus configStatus(
      Subscription subscription,
      String name,
      @Nullable EncodedResource shown,
      @Nullable EncodedResource held) {
    if (subscription.underWay(name)) {
      return ConfigStatus.STALE;
    }
    boolean same = shown == null ? held == null : held != null && held.sameVersion(shown);
    return same && !subscription.doubtful(name) ? ConfigStatus.SYNCED : ConfigStatus.NOT_SENT;
  }

  private static ClientResourceStatus clientStatus(
      @Nullable EncodedResource shown, @Nullable EncodedResource held) {
    if (held != null) {
      return ClientResourceStatus.ACKED;
    }
    return shown == null ? ClientResourceStatus.DOES_NOT_EXIST : ClientResourceStatus.REQUESTED;
  }

  private boolean shows(EncodedResource resource) {
    return contents && !resource.versionOnly() && resource.type() != ResourceType.SECRET;
  }

  private static Node node(NodeInfo node) {
    Struct.Builder metadata = Struct.newBuilder();
    node.metadata()
        .forEach((key, value) ->
            metadata.putFields(key, Value.newBuilder().setStringValue(value).build()));
    return Node.newBuilder()
        .setId(node.id())
        .setCluster(node.cluster())
        .setMetadata(metadata)
        .setUserAgentName(node.userAgent())
        .setLocality(
            Locality.newBuilder()
                .setRegion(node.locality().region())
                .setZone(node.locality().zone())
                .setSubZone(node.locality().subZone()))
        .build();
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }
}
