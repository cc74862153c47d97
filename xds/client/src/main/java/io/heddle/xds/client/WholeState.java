package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.parse.DiscoveryDocument;
import io.heddle.xds.model.parse.TextProto;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a file or a poll has said of one type, by the rules of the state-of-the-world variant. Owned
 * by the scheduler's thread.
 */
final class WholeState {
  private static final String RESPONSE = "envoy.service.discovery.v3.DiscoveryResponse";

  final TypeState state;
  final XdsStats stats = new XdsStats();
  private final ResourceIntake intake;
  private final ParseOptions options;

  WholeState(
      ResourceType type,
      ResourceSink sink,
      ClientLimits limits,
      ParseOptions options,
      XdsScheduler scheduler) {
    this.state = new TypeState(type, stats.of(type));
    this.intake = new ResourceIntake(sink, limits, scheduler);
    this.options = options;
  }

  /** Takes a document in JSON or YAML; the refusal's text, empty where all was accepted. */
  String take(String text) {
    return switch (DiscoveryDocument.parse(text, options)) {
      case DiscoveryDocument.Outcome.Unreadable(String why) -> unreadable(why);
      case DiscoveryDocument.Outcome.Read(DiscoveryDocument document) -> {
        List<Candidate> candidates = new ArrayList<>();
        for (DiscoveryDocument.Item item : document.resources()) {
          candidates.add(
              switch (item) {
                case DiscoveryDocument.Item.Encoded(Any body) ->
                    Candidate.of(state.type, document.version(), body);
                case DiscoveryDocument.Item.Broken(String name, String why) ->
                    new Candidate.Broken(name, why);
              });
        }
        yield take(document.version(), document.typeUrl(), candidates);
      }
    };
  }

  /** Takes a response in protobuf's text format. */
  String takeTextFormat(String text) throws InvalidProtocolBufferException {
    return switch (TextProto.encode(text, RESPONSE, options)) {
      case TextProto.Outcome.Encoded(ByteString message) ->
          take(DiscoveryResponse.parseFrom(message));
      case TextProto.Outcome.Unreadable(String why) -> unreadable("DiscoveryResponse: " + why);
    };
  }

  /** The same of a decoded message. */
  String take(DiscoveryResponse response) {
    List<Candidate> candidates = new ArrayList<>();
    for (Any body : response.getResourcesList()) {
      candidates.add(Candidate.of(state.type, response.getVersionInfo(), body));
    }
    return take(response.getVersionInfo(), response.getTypeUrl(), candidates);
  }

  private String take(String version, String typeUrl, List<Candidate> candidates) {
    if (!typeUrl.isEmpty() && !typeUrl.equals(state.type.typeUrl())) {
      return unreadable("type_url: found " + typeUrl + ", expected " + state.type.typeUrl());
    }
    String refusal = intake.take(state, candidates, List.of(), state.type.fullState(), version);
    if (refusal.isEmpty()) {
      state.version = version;
    }
    return refusal;
  }

  private String unreadable(String why) {
    intake.unreadable(state);
    return why;
  }

  void failed() {
    intake.failed(state);
  }

  /** Whether the names are others than before. */
  boolean want(Set<String> names) {
    if (state.wanted.equals(names)) {
      return false;
    }
    if (!state.wanted.containsAll(names)) {
      // Whoever knows the version would otherwise answer that nothing has changed.
      state.version = "";
    }
    state.wanted = Set.copyOf(names);
    for (String name : new HashSet<>(state.held.keySet())) {
      if (!state.wants(name)) {
        intake.forget(state, name);
      }
    }
    return true;
  }

  void end() {
    intake.close();
  }

  LastGood accepted() {
    Map<ResourceType, List<ReceivedResource>> all = new EnumMap<>(ResourceType.class);
    all.put(state.type, List.copyOf(state.held.values()));
    return new LastGood(all);
  }
}
