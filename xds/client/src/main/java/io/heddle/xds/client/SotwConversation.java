package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.MethodDescriptor;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The state-of-the-world variant: every request names all that is wanted of its type, repeats the
 * last nonce of the stream and the last accepted version.
 */
final class SotwConversation implements Conversation<DiscoveryRequest, DiscoveryResponse> {
  private final Node node;
  private final boolean nodeOnce;
  private final Collection<TypeState> states;
  private final ResourceIntake intake;
  private final XdsStats stats;
  private final Optional<ResourceType> only;
  private final Map<ResourceType, Said> said = new EnumMap<>(ResourceType.class);
  private boolean nodeSaid;

  SotwConversation(
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

  /** What this stream knows of one type. */
  private static final class Said {
    Set<String> names = Set.of();
    String nonce = "";

    /** Once a name was given, an empty list no longer means the wildcard. */
    boolean named;
  }

  @Override
  public MethodDescriptor<DiscoveryRequest, DiscoveryResponse> method() {
    return DiscoveryMethods.stateOfTheWorld(only);
  }

  @Override
  public void say(Outlet<DiscoveryRequest> out) {
    for (TypeState state : states) {
      Said before = said.get(state.type);
      if (before == null) {
        if (!state.wanted.isEmpty()) {
          Said first = new Said();
          said.put(state.type, first);
          state.stats.attempt.incrementAndGet();
          out.send(request(state, first, "").build());
        }
      } else if (!before.names.equals(state.wanted)) {
        if (state.wanted.isEmpty() && !before.named) {
          // The protocol has no word for leaving the legacy wildcard with nothing in its place.
          out.restart("unsubscribed from the wildcard of " + state.type);
          return;
        }
        state.stats.attempt.incrementAndGet();
        out.send(request(state, before, "").build());
      }
    }
  }

  @Override
  public void answer(DiscoveryResponse response, Outlet<DiscoveryRequest> out) {
    TypeState state = find(response.getTypeUrl());
    Said known = state == null ? null : said.get(state.type);
    if (state == null || known == null) {
      stats.unknownTypes.incrementAndGet();
      return;
    }
    if (response.hasControlPlane()) {
      stats.identified(response.getControlPlane().getIdentifier());
    }
    List<Candidate> candidates = new ArrayList<>(response.getResourcesCount());
    for (Any body : response.getResourcesList()) {
      candidates.add(Candidate.of(state.type, response.getVersionInfo(), body));
    }
    String refusal =
        intake.take(
            state, candidates, List.of(), state.type.fullState(), response.getVersionInfo());
    if (refusal.isEmpty()) {
      state.version = response.getVersionInfo();
    }
    known.nonce = response.getNonce();
    if (state.wanted.isEmpty() && !known.named) {
      return; // The restart that say() asked for is under way.
    }
    out.send(request(state, known, refusal).build());
  }

  private @Nullable TypeState find(String typeUrl) {
    for (TypeState state : states) {
      if (state.type.typeUrl().equals(typeUrl)) {
        return state;
      }
    }
    return null;
  }

  private DiscoveryRequest.Builder request(TypeState state, Said known, String refusal) {
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(state.type.typeUrl())
            .setVersionInfo(state.version)
            .setResponseNonce(known.nonce);
    if (known.named || !state.legacyWildcard()) {
      request.addAllResourceNames(state.wanted);
      known.named = true;
    }
    known.names = state.wanted;
    if (!refusal.isEmpty()) {
      request.setErrorDetail(
          Status.newBuilder().setCode(Code.INVALID_ARGUMENT_VALUE).setMessage(refusal));
    }
    if (!nodeSaid || !nodeOnce) {
      request.setNode(node);
      nodeSaid = true;
    }
    return request;
  }
}
