package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Encodes YAML as {@code google.protobuf.Struct} and its parts, whose field numbers are fixed. */
final class YamlStructs {

  /** Counts a value; false where there were too many or it lies too deep. */
  interface Bounds {
    boolean enter(Path path, int depth);
  }

  private final Findings findings;
  private final Bounds bounds;

  YamlStructs(Findings findings, Bounds bounds) {
    this.findings = findings;
    this.bounds = bounds;
  }

  ByteString struct(Node node, Path path, int depth) throws IOException {
    if (!(node instanceof MappingNode mapping)) {
      findings.error(path, YamlEncoder.describe(node), "a mapping");
      return ByteString.EMPTY;
    }
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (NodeTuple tuple : mapping.getValue()) {
      String key = YamlEncoder.key(tuple);
      ByteString.Output entryBytes = ByteString.newOutput();
      CodedOutputStream entry = CodedOutputStream.newInstance(entryBytes);
      entry.writeString(1, key);
      entry.writeBytes(2, value(tuple.getValueNode(), path.field(key), depth + 1));
      entry.flush();
      out.writeBytes(1, entryBytes.toByteString());
    }
    out.flush();
    return bytes.toByteString();
  }

  ByteString value(Node node, Path path, int depth) throws IOException {
    if (!bounds.enter(path, depth)) {
      return ByteString.EMPTY;
    }
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    switch (node) {
      case ScalarNode scalar -> scalar(out, scalar, path);
      case SequenceNode sequence -> out.writeBytes(6, list(sequence, path, depth));
      default -> out.writeBytes(5, struct(node, path, depth));
    }
    out.flush();
    return bytes.toByteString();
  }

  ByteString list(SequenceNode sequence, Path path, int depth) throws IOException {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (Node element : sequence.getValue()) {
      out.writeBytes(1, value(element, path, depth + 1));
    }
    out.flush();
    return bytes.toByteString();
  }

  private void scalar(CodedOutputStream out, ScalarNode scalar, Path path) throws IOException {
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      out.writeEnum(1, 0);
    } else if (tag.equals(Tag.BOOL)) {
      out.writeBool(4, Boolean.parseBoolean(scalar.getValue()));
    } else if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      try {
        out.writeDouble(2, Double.parseDouble(scalar.getValue()));
      } catch (NumberFormatException _) {
        findings.error(path, scalar.getValue(), "a decimal number");
      }
    } else {
      out.writeString(3, scalar.getValue());
    }
  }
}
