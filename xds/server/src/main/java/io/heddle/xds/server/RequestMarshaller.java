package io.heddle.xds.server;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses requests within limits; what breaks one becomes {@link Request.Refused}. */
final class RequestMarshaller implements MethodDescriptor.Marshaller<Request> {
  private static final int MAX_MESSAGE_CHARS = 4_096;

  private final boolean delta;
  private final Limits limits;

  RequestMarshaller(boolean delta, Limits limits) {
    this.delta = delta;
    this.limits = limits;
  }

  @Override
  public InputStream stream(Request value) {
    throw new UnsupportedOperationException("a server sends no requests");
  }

  @Override
  public Request parse(InputStream stream) {
    try {
      byte[] bytes = stream.readNBytes(limits.maxRequestBytes() + 1);
      if (bytes.length > limits.maxRequestBytes()) {
        return new Request.Refused(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "request: more than %d bytes (expected: at most that)"
                    .formatted(limits.maxRequestBytes())));
      }
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      ExtensionRegistryLite none = ExtensionRegistryLite.getEmptyRegistry();
      return delta
          ? ofDelta(DeltaDiscoveryRequest.parseFrom(in, none))
          : ofSotw(DiscoveryRequest.parseFrom(in, none));
    } catch (InvalidProtocolBufferException e) {
      return invalid("request: " + e.getMessage() + " (expected: a discovery request)");
    } catch (Invalid e) {
      return invalid(e.getMessage());
    } catch (IOException e) {
      return new Request.Refused(Status.INTERNAL.withDescription("request: " + e.getMessage()));
    }
  }

  private Request ofSotw(DiscoveryRequest request) throws Invalid {
    none("resource_locators", request.getResourceLocatorsCount());
    return new Request.Sotw(
        common(
            request.hasNode() ? request.getNode() : null,
            request.getTypeUrl(),
            request.getResponseNonce(),
            request.hasErrorDetail() ? request.getErrorDetail().getMessage() : null),
        names("resource_names", request.getResourceNamesList()),
        !request.getVersionInfo().isEmpty());
  }

  private Request ofDelta(DeltaDiscoveryRequest request) throws Invalid {
    none("resource_locators_subscribe", request.getResourceLocatorsSubscribeCount());
    none("resource_locators_unsubscribe", request.getResourceLocatorsUnsubscribeCount());
    Map<String, String> initial = request.getInitialResourceVersionsMap();
    checkNames("initial_resource_versions", initial.keySet());
    for (String version : initial.values()) {
      check("initial_resource_versions", version, limits.maxNameLength());
    }
    return new Request.Delta(
        common(
            request.hasNode() ? request.getNode() : null,
            request.getTypeUrl(),
            request.getResponseNonce(),
            request.hasErrorDetail() ? request.getErrorDetail().getMessage() : null),
        names("resource_names_subscribe", request.getResourceNamesSubscribeList()),
        names("resource_names_unsubscribe", request.getResourceNamesUnsubscribeList()),
        initial);
  }

  private Request.Head common(
      @Nullable Node node, String typeUrl, String nonce, @Nullable String error) throws Invalid {
    String message =
        error == null ? null : error.substring(0, Math.min(error.length(), MAX_MESSAGE_CHARS));
    return new Request.Head(node == null ? null : node(node), typeUrl, nonce, message);
  }

  private NodeInfo node(Node node) throws Invalid {
    return node(node, limits);
  }

  /** Reads a node within the limits. */
  static NodeInfo node(Node node, Limits limits) throws Invalid {
    Map<String, String> metadata = new LinkedHashMap<>();
    int chars = 0;
    for (Map.Entry<String, Value> entry : node.getMetadata().getFieldsMap().entrySet()) {
      if (entry.getValue().getKindCase() == Value.KindCase.STRING_VALUE) {
        String value = entry.getValue().getStringValue();
        metadata.put(entry.getKey(), value);
        chars += entry.getKey().length() + value.length();
      }
    }
    if (metadata.size() > limits.maxMetadataEntries()) {
      throw new Invalid(
          "node.metadata: %d entries (expected: at most %d)"
              .formatted(metadata.size(), limits.maxMetadataEntries()));
    }
    String version =
        node.hasUserAgentBuildVersion()
            ? "%d.%d.%d"
                .formatted(
                    node.getUserAgentBuildVersion().getVersion().getMajorNumber(),
                    node.getUserAgentBuildVersion().getVersion().getMinorNumber(),
                    node.getUserAgentBuildVersion().getVersion().getPatch())
            : node.getUserAgentVersion();
    String agent =
        version.isEmpty() ? node.getUserAgentName() : node.getUserAgentName() + "/" + version;
    NodeInfo.Locality locality =
        new NodeInfo.Locality(
            node.getLocality().getRegion(),
            node.getLocality().getZone(),
            node.getLocality().getSubZone());
    chars +=
        node.getId().length()
            + node.getCluster().length()
            + agent.length()
            + locality.region().length()
            + locality.zone().length()
            + locality.subZone().length();
    if (chars > limits.maxNodeChars()) {
      throw new Invalid(
          "node: %d characters (expected: at most %d)".formatted(chars, limits.maxNodeChars()));
    }
    return new NodeInfo(
        node.getId(),
        node.getCluster(),
        metadata,
        agent,
        locality,
        NodeInfo.Features.of(node.getClientFeaturesList()));
  }

  private List<String> names(String field, List<String> names) throws Invalid {
    checkNames(field, names);
    return List.copyOf(names);
  }

  private void checkNames(String field, Collection<String> names) throws Invalid {
    for (String name : names) {
      if (name.isEmpty()) {
        throw new Invalid(field + ": an empty name (expected: a resource name or \"*\")");
      }
      check(field, name, limits.maxNameLength());
    }
  }

  /** Passed over, such a request would be an empty one, which asks for everything. */
  private static void none(String field, int count) throws Invalid {
    if (count > 0) {
      throw new Invalid(
          "%s: %d resources by dynamic parameters (expected: none; resources have names here)"
              .formatted(field, count));
    }
  }

  private static void check(String field, String value, int max) throws Invalid {
    if (value.length() > max) {
      throw new Invalid(
          "%s: %s… of %d characters (expected: at most %d)"
              .formatted(field, value.substring(0, Math.min(32, max)), value.length(), max));
    }
  }

  private static Request invalid(@Nullable String reason) {
    return new Request.Refused(Status.INVALID_ARGUMENT.withDescription(reason));
  }

  /** A field that breaks a rule. */
  static final class Invalid extends Exception {
    private static final long serialVersionUID = 1;

    Invalid(String message) {
      super(message, null, false, false);
    }
  }
}
