package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.heddle.xds.model.parse.Schema.Field;
import io.heddle.xds.model.parse.Schema.Kind;
import io.heddle.xds.model.parse.Schema.Label;
import io.heddle.xds.model.parse.Schema.MessageType;
import io.heddle.xds.model.parse.Schema.Support;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Encodes a YAML document as the message that it describes, by the rules of protobuf's JSON.
 *
 * <p>It does so without protobuf's descriptors, whose initialisation is most of what protobuf's own
 * JSON parser costs at start, and it can name the path of every error. On the way it does what the
 * {@link WireGuard} does for encoded messages: fields without effect are warned about and left out,
 * unsupported ones are refused.
 *
 * <p>An alias may stand for a node many times over, so the visited nodes are bounded, not the
 * document's. Owned by one parse.
 */
final class YamlEncoder {

  private static final int MOST_NODES = 1_000_000;
  private static final int DEEPEST = 100;
  private static final String ANY = "google.protobuf.Any";
  private static final String TYPE_KEY = "@type";
  private static final MessageType DURATION = durationFields();

  private final Findings findings;
  private final TypeSource types = new TypeSource();
  private final YamlScalars scalars;
  private final YamlStructs structs;
  private int nodes;

  private static MessageType durationFields() {
    MessageType type = new MessageType("google.protobuf.Duration");
    type.add(new Field(1, "seconds", Label.PLAIN, Kind.INT64, "", Support.HONOURED));
    type.add(new Field(2, "nanos", Label.PLAIN, Kind.INT32, "", Support.HONOURED));
    return type;
  }

  YamlEncoder(Findings findings) {
    this.findings = findings;
    this.scalars = new YamlScalars(findings, types);
    this.structs = new YamlStructs(findings, this::enter);
  }

  /** The message, complete as far as there were no errors. */
  ByteString encode(Node node, MessageType type) {
    try {
      return message(node, type, false, Path.ROOT, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
  }

  /** An {@code Any}, complete as far as there were no errors. */
  ByteString encodeAny(Node node) {
    try {
      return any(node, Path.ROOT, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
  }

  private boolean enter(Path path, int depth) {
    nodes++;
    if (nodes == MOST_NODES) {
      findings.error(path, "more than " + MOST_NODES + " values", "fewer; aliases count each time");
    }
    if (depth == DEEPEST) {
      findings.error(path, "more than " + DEEPEST + " levels", "fewer levels");
    }
    return nodes < MOST_NODES && depth < DEEPEST;
  }

  /** {@code foreign} says that the message is an extension's, whose fields are not judged here. */
  private ByteString message(Node node, MessageType type, boolean foreign, Path path, int depth)
      throws IOException {
    if (!(node instanceof MappingNode mapping)) {
      findings.error(path, describe(node), "a mapping, " + type.name());
      return ByteString.EMPTY;
    }
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    Set<String> seen = new HashSet<>();
    Set<String> given = new HashSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = key(tuple);
      Field field = type.field(key);
      if (key.equals(TYPE_KEY)) {
        continue;
      }
      if (field == null) {
        findings.unknown(path.field(key));
        continue;
      }
      Path here = path.field(field.name());
      if (!seen.add(field.name())) {
        findings.error(here, "the field twice", "the field once");
        continue;
      }
      if (isNull(tuple.getValueNode())) {
        continue;
      }
      given.add(field.name());
      String rival = Oneofs.rival(type.name(), field.name(), given);
      if (rival != null) {
        findings.error(here, "a value beside " + rival, "one of the two");
        continue;
      }
      switch (field.support()) {
        case NO_OP -> findings.noOp(here);
        case MISSED -> findings.missed(here);
        case REFUSED -> refuse(out, field, tuple.getValueNode(), here);
        case HONOURED -> field(out, field, tuple.getValueNode(), foreign, path, depth);
      }
    }
    out.flush();
    return bytes.toByteString();
  }

  /** Leaves a trace of the field, so that readers do not find a choice without an answer. */
  private void refuse(CodedOutputStream out, Field field, Node node, Path path) throws IOException {
    Optional<String> typeUrl = typeUrlWithin(node, 0);
    if (typeUrl.isPresent()) {
      findings.refuse(path, typeUrl.get());
    } else if (node instanceof ScalarNode scalar && field.kind() != Kind.STRING) {
      findings.refuse(path, scalar.getValue());
    } else {
      findings.refuse(path, "a value");
    }
    if (field.kind() == Kind.MESSAGE && field.label() == Label.PRESENT) {
      out.writeBytes(field.number(), ByteString.EMPTY);
    }
  }

  private static Optional<String> typeUrlWithin(Node node, int depth) {
    if (depth > 4 || !(node instanceof MappingNode mapping)) {
      return Optional.empty();
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (key(tuple).equals(TYPE_KEY) && tuple.getValueNode() instanceof ScalarNode url) {
        return Optional.of(url.getValue());
      }
    }
    for (NodeTuple tuple : mapping.getValue()) {
      Optional<String> within = typeUrlWithin(tuple.getValueNode(), depth + 1);
      if (within.isPresent()) {
        return within;
      }
    }
    return Optional.empty();
  }

  private void field(
      CodedOutputStream out, Field field, Node node, boolean foreign, Path path, int depth)
      throws IOException {
    switch (field.label()) {
      case PLAIN, PRESENT ->
          value(out, field, field.number(), node, foreign, path.field(field.name()), depth);
      case REPEATED -> {
        // One element may stand without its list, as in Envoy.
        List<Node> elements =
            node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node);
        for (int i = 0; i < elements.size(); i++) {
          Path here = path.at(field.name(), i);
          if (isNull(elements.get(i))) {
            findings.error(here, "null", "an element");
          } else {
            value(out, field, field.number(), elements.get(i), foreign, here, depth);
          }
        }
      }
      case MAP -> map(out, field, node, foreign, path, depth);
    }
  }

  private void map(
      CodedOutputStream out, Field field, Node node, boolean foreign, Path path, int depth)
      throws IOException {
    if (!(node instanceof MappingNode mapping)) {
      findings.error(path.field(field.name()), describe(node), "a mapping");
      return;
    }
    if (!foreign) {
      findings.sawMap(field.name());
    }
    Set<String> seen = new HashSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = key(tuple);
      Path here = path.key(field.name(), key);
      if (!seen.add(key)) {
        findings.error(here, "the key twice", "the key once");
        continue;
      }
      ByteString.Output bytes = ByteString.newOutput();
      CodedOutputStream entry = CodedOutputStream.newInstance(bytes);
      entry.writeString(1, key);
      value(entry, field, 2, tuple.getValueNode(), foreign, here, depth);
      entry.flush();
      out.writeBytes(field.number(), bytes.toByteString());
    }
  }

  private void value(
      CodedOutputStream out,
      Field field,
      int number,
      Node node,
      boolean foreign,
      Path path,
      int depth)
      throws IOException {
    if (!enter(path, depth)) {
      return;
    }
    if (field.kind() != Kind.MESSAGE) {
      scalars.write(out, renumbered(field, number), node, path);
      return;
    }
    out.writeBytes(number, submessage(field.type(), node, foreign, path, depth + 1));
  }

  private static Field renumbered(Field field, int number) {
    return number == field.number()
        ? field
        : new Field(
            number, field.name(), Label.PRESENT, field.kind(), field.type(), field.support());
  }

  private ByteString submessage(String type, Node node, boolean foreign, Path path, int depth)
      throws IOException {
    if (type.equals(ANY)) {
      return any(node, path, depth);
    }
    if (type.startsWith("google.protobuf.")) {
      return wellKnown(type, node, path, depth);
    }
    Optional<MessageType> found =
        foreign ? types.extension(type) : Optional.of(Schema.claimed(type));
    if (found.isEmpty()) {
      findings.error(path, type, "a message that is known");
      return ByteString.EMPTY;
    }
    return message(node, found.get(), foreign, path, depth);
  }

  private ByteString any(Node node, Path path, int depth) throws IOException {
    String url = "";
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (key(tuple).equals(TYPE_KEY) && tuple.getValueNode() instanceof ScalarNode scalar) {
          url = scalar.getValue();
        }
      }
    }
    String name = url.substring(url.lastIndexOf('/') + 1);
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeString(1, url);
    Path typePath = path.field(TYPE_KEY);
    if (url.isEmpty()) {
      findings.error(typePath, "nothing", Findings.TYPE_PREFIX + "… of an extension");
    } else if (name.startsWith("google.protobuf.")) {
      out.writeBytes(2, wrapped(name, node, path, depth));
    } else if (name.endsWith(".TypedStruct")) {
      findings.refuse(typePath, url);
    } else {
      Optional<MessageType> type = types.message(name);
      if (type.isEmpty()) {
        findings.error(typePath, url, "the type of an extension that is known");
      } else {
        boolean foreign = Schema.find(name) == null;
        out.writeBytes(2, message(node, type.get(), foreign, path, depth));
      }
    }
    out.flush();
    return bytes.toByteString();
  }

  /** A well-known type within an {@code Any} stands in a field of its own. */
  private ByteString wrapped(String type, Node node, Path path, int depth) throws IOException {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (key(tuple).equals("value")) {
          return wellKnown(type, tuple.getValueNode(), path.field("value"), depth);
        }
      }
    }
    return ByteString.EMPTY;
  }

  private ByteString wellKnown(String type, Node node, Path path, int depth) throws IOException {
    return switch (type) {
      case "google.protobuf.Duration" -> duration(node, path);
      case "google.protobuf.Struct" -> structs.struct(node, path, depth);
      case "google.protobuf.Value" -> structs.value(node, path, depth);
      case "google.protobuf.Empty" -> ByteString.EMPTY;
      default -> wrapper(type, node, path);
    };
  }

  private ByteString duration(Node node, Path path) throws IOException {
    if (node instanceof MappingNode) {
      // Envoy's reader takes the message's own fields, too, and sample bootstraps write them.
      return message(node, DURATION, false, path, 0);
    }
    Optional<com.google.protobuf.Duration> duration =
        node instanceof ScalarNode scalar
            ? YamlScalars.duration(scalar.getValue())
            : Optional.empty();
    if (duration.isEmpty()) {
      findings.error(path, describe(node), "a duration in seconds, such as 1.5s");
      return ByteString.EMPTY;
    }
    return duration.get().toByteString();
  }

  private ByteString wrapper(String type, Node node, Path path) throws IOException {
    Kind kind =
        switch (type) {
          case "google.protobuf.BoolValue" -> Kind.BOOL;
          case "google.protobuf.UInt32Value" -> Kind.UINT32;
          case "google.protobuf.UInt64Value" -> Kind.UINT64;
          case "google.protobuf.Int32Value" -> Kind.INT32;
          case "google.protobuf.Int64Value" -> Kind.INT64;
          case "google.protobuf.DoubleValue" -> Kind.DOUBLE;
          case "google.protobuf.FloatValue" -> Kind.FLOAT;
          case "google.protobuf.StringValue" -> Kind.STRING;
          case "google.protobuf.BytesValue" -> Kind.BYTES;
          default -> Kind.MESSAGE;
        };
    if (kind == Kind.MESSAGE) {
      findings.refuse(path, type);
      return ByteString.EMPTY;
    }
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    scalars.write(
        out, new Field(1, "value", Label.PRESENT, kind, "", Support.HONOURED), node, path);
    out.flush();
    return bytes.toByteString();
  }

  static String key(NodeTuple tuple) {
    return tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "(not a string)";
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  static String describe(Node node) {
    return switch (node) {
      case ScalarNode scalar -> scalar.getValue().isEmpty() ? "nothing" : scalar.getValue();
      case SequenceNode _ -> "a list";
      case MappingNode _ -> "a mapping";
      default -> "an anchor";
    };
  }
}
