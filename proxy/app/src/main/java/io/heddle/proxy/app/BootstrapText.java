package io.heddle.proxy.app;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.heddle.proxy.app.admin.ProtoJson;
import io.heddle.proxy.app.admin.YamlJson;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import io.heddle.xds.model.parse.TextProto;

/** A bootstrap as it stands in a file, in one of the forms that Envoy takes. */
sealed interface BootstrapText {

  /** Reads it. */
  Parsed<BootstrapConfig> parse(ParseOptions options);

  /** One that was accepted, as JSON for people. */
  JsonObject json(ParseOptions options);

  /** YAML, or JSON, which is a part of it. */
  record Document(String text) implements BootstrapText {
    @Override
    public Parsed<BootstrapConfig> parse(ParseOptions options) {
      return new BootstrapParser(options).parse(text);
    }

    @Override
    public JsonObject json(ParseOptions options) {
      return YamlJson.of(text);
    }
  }

  /** Protobuf's text format. */
  record TextFormat(String text) implements BootstrapText {
    @Override
    public Parsed<BootstrapConfig> parse(ParseOptions options) {
      return new BootstrapParser(options).parseTextFormat(text);
    }

    @Override
    public JsonObject json(ParseOptions options) {
      return new BootstrapParser(options).textFormat(text)
              instanceof TextProto.Outcome.Encoded encoded
          ? ProtoJson.bootstrap(encoded.message())
          : new JsonObject();
    }
  }

  /** Encoded by protobuf. */
  record Binary(ByteString message) implements BootstrapText {
    @Override
    public Parsed<BootstrapConfig> parse(ParseOptions options) {
      return new BootstrapParser(options).parse(message);
    }

    @Override
    public JsonObject json(ParseOptions options) {
      return ProtoJson.bootstrap(message);
    }
  }
}
