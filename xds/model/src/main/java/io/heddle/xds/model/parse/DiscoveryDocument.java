package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.heddle.xds.model.ParseOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A discovery response written in JSON or YAML, as files and REST bring it.
 *
 * <p>Its resources are read one by one, so that a bad one does not take the others with it.
 *
 * @param version {@code version_info}; empty where the document has none
 * @param typeUrl {@code type_url}; empty where the document has none
 */
public record DiscoveryDocument(String version, String typeUrl, List<Item> resources) {
  private static final String WRAPPER = "envoy.service.discovery.v3.Resource";

  public DiscoveryDocument {
    resources = List.copyOf(resources);
  }

  /** One resource of the document. */
  public sealed interface Item {
    /** It could be encoded; what it says has not been judged. */
    record Encoded(Any resource) implements Item {}

    /** It could not; the name is empty where none could be read. */
    record Broken(String name, String why) implements Item {}
  }

  /** What came of reading: the document, or why there is none. */
  public sealed interface Outcome {
    record Read(DiscoveryDocument document) implements Outcome {}

    record Unreadable(String why) implements Outcome {}
  }

  /** Reads a document. Nothing that is read throws. */
  public static Outcome parse(String text, ParseOptions options) {
    Findings findings = new Findings("DiscoveryResponse", options, true);
    Optional<YamlDocument> parsed = YamlDocument.parse(text, findings);
    if (parsed.isEmpty()) {
      return new Outcome.Unreadable(findings.refused(UnaryOperator.identity()).message());
    }
    if (!(parsed.get().root() instanceof MappingNode root)) {
      return new Outcome.Unreadable("DiscoveryResponse: found no mapping, expected one");
    }
    String version = "";
    String typeUrl = "";
    List<Item> items = new ArrayList<>();
    for (NodeTuple tuple : root.getValue()) {
      Node value = tuple.getValueNode();
      switch (YamlEncoder.key(tuple)) {
        case "version_info", "versionInfo" -> version = scalar(value);
        case "type_url", "typeUrl" -> typeUrl = scalar(value);
        case "resources" -> {
          if (value instanceof SequenceNode list) {
            list.getValue().forEach(node -> items.add(item(node, options)));
          } else if (value instanceof MappingNode) {
            items.add(item(value, options));
          }
        }
        case "nonce", "canary", "control_plane", "controlPlane", "@type" -> {}
        default -> findings.unknown(Path.ROOT.field(YamlEncoder.key(tuple)));
      }
    }
    return findings.failed()
        ? new Outcome.Unreadable(findings.refused(UnaryOperator.identity()).message())
        : new Outcome.Read(new DiscoveryDocument(version, typeUrl, items));
  }

  private static Item item(Node node, ParseOptions options) {
    String name = name(node);
    Findings findings = new Findings("resource", options, true);
    if (isWrapper(node)) {
      return wrapped((MappingNode) node, options);
    }
    try {
      Any encoded = Any.parseFrom(new YamlEncoder(findings).encodeAny(node));
      return findings.failed()
          ? new Item.Broken(name, findings.refused(UnaryOperator.identity()).message())
          : new Item.Encoded(encoded);
    } catch (InvalidProtocolBufferException _) {
      return new Item.Broken(name, "found a document nested too deeply, expected fewer levels");
    }
  }

  /** A resource within delta's wrapper, whose own fields change nothing here. */
  private static Item wrapped(MappingNode wrapper, ParseOptions options) {
    for (NodeTuple tuple : wrapper.getValue()) {
      if (YamlEncoder.key(tuple).equals("resource") && !isWrapper(tuple.getValueNode())) {
        return item(tuple.getValueNode(), options);
      }
    }
    return new Item.Broken(name(wrapper), "resource: found nothing, expected a resource");
  }

  private static boolean isWrapper(Node node) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (YamlEncoder.key(tuple).equals("@type")) {
          return scalar(tuple.getValueNode()).endsWith("/" + WRAPPER);
        }
      }
    }
    return false;
  }

  private static String name(Node node) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        switch (YamlEncoder.key(tuple)) {
          case "name", "cluster_name", "clusterName" -> {
            return scalar(tuple.getValueNode());
          }
          default -> {}
        }
      }
    }
    return "";
  }

  private static String scalar(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }
}
