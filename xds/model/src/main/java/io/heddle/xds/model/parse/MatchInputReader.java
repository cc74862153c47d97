package io.heddle.xds.model.parse;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.HttpAttributesCelMatchInput;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestHeaderMatchInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestQueryParamMatchInput;
import io.heddle.xds.model.MatchInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads what decision trees look at; not everything is known at every place. */
final class MatchInputReader {
  private static final String HEADER = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput";
  private static final String PARAMETER = "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput";
  private static final String ATTRIBUTES = "xds.type.matcher.v3.HttpAttributesCelMatchInput";
  private static final String NETWORK = "envoy.extensions.matching.common_inputs.network.v3.";
  private static final Map<String, MatchInput.Connection> CONNECTION =
      Map.of(
          NETWORK + "DestinationIPInput", MatchInput.Connection.DESTINATION_IP,
          NETWORK + "DestinationPortInput", MatchInput.Connection.DESTINATION_PORT,
          NETWORK + "SourceIPInput", MatchInput.Connection.SOURCE_IP,
          NETWORK + "SourcePortInput", MatchInput.Connection.SOURCE_PORT,
          NETWORK + "DirectSourceIPInput", MatchInput.Connection.DIRECT_SOURCE_IP,
          NETWORK + "SourceTypeInput", MatchInput.Connection.SOURCE_TYPE,
          NETWORK + "ServerNameInput", MatchInput.Connection.SERVER_NAME);
  private static final Map<String, MatchInput.Connection> FIRST_BYTES =
      Map.of(
          NETWORK + "TransportProtocolInput", MatchInput.Connection.TRANSPORT_PROTOCOL,
          NETWORK + "ApplicationProtocolInput", MatchInput.Connection.APPLICATION_PROTOCOL);

  private final Findings findings;
  private final boolean ofRequest;

  /** {@code ofRequest} says that there is a request, and not a connection alone. */
  MatchInputReader(Findings findings, boolean ofRequest) {
    this.findings = findings;
    this.ofRequest = ofRequest;
  }

  MatchInput read(TypedExtensionConfig input, Path path) {
    Any config = input.getTypedConfig();
    String type = ExtensionReader.typeName(config);
    Path here = path.field("typed_config");
    MatchInput.Connection connection = CONNECTION.get(type);
    if (connection == null && !ofRequest) {
      connection = FIRST_BYTES.get(type);
    }
    if (connection != null) {
      return connection;
    }
    if (type.equals(NETWORK + "DynamicMetadataInput")) {
      return metadata(config, here);
    }
    if (type.equals(ATTRIBUTES)) {
      unpack(config, ATTRIBUTES, HttpAttributesCelMatchInput.parser(), here);
      return MatchInput.Attributes.ATTRIBUTES;
    }
    if (ofRequest) {
      switch (type) {
        case HEADER -> {
          String name =
              unpack(config, HEADER, HttpRequestHeaderMatchInput.parser(), here).getHeaderName();
          return new MatchInput.Header(
              name.startsWith(":")
                  ? name
                  : HeaderReader.name(name, here.field("header_name"), findings));
        }
        case PARAMETER -> {
          return new MatchInput.Parameter(
              findings.required(
                  unpack(config, PARAMETER, HttpRequestQueryParamMatchInput.parser(), here)
                      .getQueryParam(),
                  here.field("query_param")));
        }
        case NETWORK + "FilterStateInput" -> {
          return new MatchInput.FilterState(
              findings.required(
                  unpack(config, type, FilterStateInput.parser(), here).getKey(),
                  here.field("key")));
        }
        default -> {}
      }
    }
    findings.error(
        here,
        type.isEmpty() ? "no type" : type,
        ofRequest
            ? "an input that is known from the head of a request on"
            : "an input that is known when a filter chain is chosen");
    return MatchInput.Connection.SERVER_NAME;
  }

  private MatchInput metadata(Any config, Path path) {
    DynamicMetadataInput input =
        unpack(config, NETWORK + "DynamicMetadataInput", DynamicMetadataInput.parser(), path);
    List<String> keys = new ArrayList<>();
    if (input.getPathCount() == 0) {
      findings.error(path.field("path"), "no segment", "at least one");
    }
    for (int i = 0; i < input.getPathCount(); i++) {
      keys.add(findings.required(input.getPath(i).getKey(), path.at("path", i).field("key")));
    }
    return new MatchInput.Metadata(
        findings.required(input.getFilter(), path.field("filter")), keys);
  }

  private <M extends Message> M unpack(Any any, String type, Parser<M> parser, Path path) {
    return findings
        .unpack(any, type, parser, path)
        .orElseGet(() -> {
          try {
            return parser.parseFrom(new byte[0]);
          } catch (com.google.protobuf.InvalidProtocolBufferException impossible) {
            throw new IllegalStateException(impossible);
          }
        });
  }
}
