package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Reads the bootstrap that a proxy starts with, in YAML 1.2 or JSON, or encoded by protobuf.
 *
 * <p>Errors in a document name the line beside the path. Nothing that is read throws. Immutable,
 * for any thread.
 */
public final class BootstrapParser {

  private static final String TYPE = "envoy.config.bootstrap.v3.Bootstrap";

  private static final int STATIC_RESOURCES = 2;
  private static final int CLUSTERS = 2;

  private final ParseOptions options;

  /** {@link ParseOptions#STRICT} is what a file should be read with. */
  public BootstrapParser(ParseOptions options) {
    this.options = options;
  }

  /** Reads one document. */
  public Parsed<BootstrapConfig> parse(String text) {
    Findings findings = new Findings("Bootstrap", options, true);
    Optional<YamlDocument> document = YamlDocument.parse(text, findings);
    if (document.isEmpty()) {
      return findings.refused(UnaryOperator.identity());
    }
    UnaryOperator<ConfigError> locate = document.get()::locate;
    ByteString encoded =
        new YamlEncoder(findings).encode(document.get().root(), Schema.claimed(TYPE));
    try {
      return findings.conclude(read(encoded, findings), locate);
    } catch (InvalidProtocolBufferException _) {
      findings.error(Path.ROOT, "a document nested too deeply", "fewer levels");
      return findings.refused(locate);
    }
  }

  /** Reads one in protobuf's text format. */
  public Parsed<BootstrapConfig> parseTextFormat(String text) {
    return switch (textFormat(text)) {
      case TextProto.Outcome.Encoded(ByteString message) -> parse(message);
      case TextProto.Outcome.Unreadable(String why) ->
          refused(why, "a " + TYPE + " in protobuf's text format");
    };
  }

  /** The message that a text stands for, encoded. */
  public TextProto.Outcome textFormat(String text) {
    return TextProto.encode(text, TYPE, options);
  }

  /** Reads an encoded one. */
  public Parsed<BootstrapConfig> parse(ByteString encoded) {
    Findings findings = new Findings("Bootstrap", options);
    // First, as it also finds the maps that are set.
    WireGuard.check(encoded, Schema.claimed(TYPE), Path.ROOT, findings);
    try {
      return findings.conclude(read(encoded, findings));
    } catch (InvalidProtocolBufferException _) {
      return refused("bytes that are not a message", "an encoded " + TYPE);
    }
  }

  private static BootstrapConfig read(ByteString encoded, Findings findings)
      throws InvalidProtocolBufferException {
    MapEntries options =
        MapEntries.take(encoded, STATIC_RESOURCES, CLUSTERS, UpstreamHttpReader.OPTIONS_NUMBER)
            .orElseThrow(() -> new InvalidProtocolBufferException("no message"));
    Bootstrap bootstrap = Bootstrap.parseFrom(options.rest());
    return new BootstrapReader(findings, options.maps()).read(bootstrap, Path.ROOT);
  }

  private static Parsed<BootstrapConfig> refused(String offending, String expected) {
    return new Parsed.Refused<>(List.of(new ConfigError("Bootstrap", "", offending, expected)));
  }
}
