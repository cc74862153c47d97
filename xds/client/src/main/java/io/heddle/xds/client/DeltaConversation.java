package io.heddle.xds.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.MethodDescriptor;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The incremental variant: subscriptions accumulate, removals are named, and the first request of a
 * type tells which versions this process already has.
 */
final class DeltaConversation
    implements Conversation<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {

  private static final int INITIAL_VERSIONS =
      DeltaDiscoveryRequest.INITIAL_RESOURCE_VERSIONS_FIELD_NUMBER;
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private final Node node;
  private final boolean nodeOnce;
  private final Collection<TypeState> states;
  private final ResourceIntake intake;
  private final XdsStats stats;
  private final Optional<ResourceType> only;

  /** What has been subscribed to on this stream. */
  private final Map<ResourceType, Set<String>> said = new EnumMap<>(ResourceType.class);

  private boolean nodeSaid;

  DeltaConversation(
      Node node,
      boolean nodeOnce,
      Collection<TypeState> states,
      ResourceIntake intake,
      XdsStats stats,
      Optional<ResourceType> only) {
    this.node = node;
    this.nodeOnce = nodeOnce;
    this.states = states;
    this.intake = intake;
    this.stats = stats;
    this.only = only;
  }

  @Override
  public MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> method() {
    return DiscoveryMethods.delta(only);
  }

  @Override
  public void say(Outlet<DeltaDiscoveryRequest> out) {
    for (TypeState state : states) {
      Set<String> before = said.get(state.type);
      if (before == null) {
        sayFirst(state, out);
      } else if (!before.equals(state.wanted)) {
        sayChange(state, before, out);
      }
    }
  }

  /**
   * The map {@code initial_resource_versions}, whose entries look the same as encoded unknown
   * fields: the map of the generated class would initialise the descriptors of forty files.
   */
  private static UnknownFieldSet initialVersions(TypeState state) {
    UnknownFieldSet.Field.Builder entries = UnknownFieldSet.Field.newBuilder();
    for (ReceivedResource held : state.held.values()) {
      UnknownFieldSet entry =
          UnknownFieldSet.newBuilder()
              .addField(KEY, text(held.name()))
              .addField(VALUE, text(held.version()))
              .build();
      entries.addLengthDelimited(entry.toByteString());
    }
    return UnknownFieldSet.newBuilder().addField(INITIAL_VERSIONS, entries.build()).build();
  }

  private static UnknownFieldSet.Field text(String value) {
    return UnknownFieldSet.Field.newBuilder()
        .addLengthDelimited(ByteString.copyFromUtf8(value))
        .build();
  }

  private void sayFirst(TypeState state, Outlet<DeltaDiscoveryRequest> out) {
    if (state.wanted.isEmpty()) {
      return;
    }
    DeltaDiscoveryRequest.Builder request = request(state.type);
    if (!state.legacyWildcard()) {
      request.addAllResourceNamesSubscribe(state.wanted);
    }
    if (!state.held.isEmpty()) {
      request.setUnknownFields(initialVersions(state));
    }
    said.put(state.type, state.wanted);
    state.stats.attempt.incrementAndGet();
    out.send(request.build());
  }

  private void sayChange(TypeState state, Set<String> before, Outlet<DeltaDiscoveryRequest> out) {
    Set<String> more = new HashSet<>(state.wanted);
    more.removeAll(before);
    Set<String> less = new HashSet<>(before);
    less.removeAll(state.wanted);
    said.put(state.type, state.wanted);
    state.stats.attempt.incrementAndGet();
    out.send(
        request(state.type)
            .addAllResourceNamesSubscribe(more)
            .addAllResourceNamesUnsubscribe(less)
            .build());
  }

  @Override
  public void answer(DeltaDiscoveryResponse response, Outlet<DeltaDiscoveryRequest> out) {
    Optional<ResourceType> type = ResourceType.ofTypeUrl(response.getTypeUrl());
    TypeState state = type.isEmpty() ? null : find(type.get());
    if (state == null || !said.containsKey(state.type)) {
      // Nobody asked; there is no subscription that an ACK or a NACK could belong to.
      stats.unknownTypes.incrementAndGet();
      return;
    }
    if (response.hasControlPlane()) {
      stats.identified(response.getControlPlane().getIdentifier());
    }
    List<Candidate> candidates = new ArrayList<>(response.getResourcesCount());
    for (Resource resource : response.getResourcesList()) {
      candidates.add(Candidate.of(state.type, resource));
    }
    String refusal =
        intake.take(
            state,
            candidates,
            response.getRemovedResourcesList(),
            false,
            response.getSystemVersionInfo());
    DeltaDiscoveryRequest.Builder request =
        request(state.type).setResponseNonce(response.getNonce());
    if (!refusal.isEmpty()) {
      request.setErrorDetail(
          Status.newBuilder().setCode(Code.INVALID_ARGUMENT_VALUE).setMessage(refusal));
    }
    out.send(request.build());
  }

  private @Nullable TypeState find(ResourceType type) {
    for (TypeState state : states) {
      if (state.type == type) {
        return state;
      }
    }
    return null;
  }

  private DeltaDiscoveryRequest.Builder request(ResourceType type) {
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder().setTypeUrl(type.typeUrl());
    if (!nodeSaid || !nodeOnce) {
      request.setNode(node);
      nodeSaid = true;
    }
    return request;
  }
}
