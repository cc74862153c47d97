package io.heddle.control.api.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ObjectStatus;
import io.heddle.control.api.resource.ProxySync;
import io.heddle.control.api.resource.ResourceObject;
import java.util.Collection;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** Writes objects as {@link ObjectParser} reads them: apiVersion, kind, metadata, spec, status. */
public final class ObjectWriter {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ObjectWriter() {}

  /** The object as a tree; fields without a value are left out. */
  public static ObjectNode toTree(ResourceObject object) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("apiVersion", object.apiVersion());
    tree.put("kind", object.kind().kindName());
    tree.set("metadata", metadata(object.metadata()));
    tree.set("spec", SpecWriter.toTree(object.spec()));
    if (!object.status().equals(ObjectStatus.NONE)) {
      tree.set("status", status(object.status()));
    }
    return tree;
  }

  /** One line of JSON. */
  public static String toJson(ResourceObject object) {
    try {
      return MAPPER.writeValueAsString(toTree(object));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers could not be written", e);
    }
  }

  /** YAML documents, each begun by {@code ---} when there are several. */
  public static String toYaml(Collection<ResourceObject> objects) {
    Dump dump =
        new Dump(
            DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setExplicitStart(objects.size() > 1)
                .setIndicatorIndent(2)
                .setIndentWithIndicator(true)
                .setSplitLines(false)
                .build());
    StringBuilder text = new StringBuilder();
    for (ResourceObject object : objects) {
      text.append(dump.dumpToString(MAPPER.convertValue(toTree(object), Map.class)));
    }
    return text.toString();
  }

  private static ObjectNode metadata(ObjectMeta metadata) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("name", metadata.name());
    tree.put("namespace", metadata.namespace());
    putTexts(tree, "labels", metadata.labels());
    putTexts(tree, "annotations", metadata.annotations());
    if (metadata.generation() > 0) {
      tree.put("generation", metadata.generation());
    }
    putText(tree, "resourceVersion", metadata.resourceVersion());
    putText(tree, "creationTimestamp", metadata.creationTimestamp());
    putText(tree, "uid", metadata.uid());
    return tree;
  }

  private static ObjectNode status(ObjectStatus status) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("observedGeneration", status.observedGeneration());
    status
        .conditions()
        .forEach(condition ->
            tree.withArray("conditions")
                .addObject()
                .put("type", condition.type())
                .put("status", condition.status().text())
                .put("reason", condition.reason())
                .put("message", condition.message())
                .put("observedGeneration", condition.observedGeneration())
                .put("lastTransitionTime", condition.lastTransitionTime()));
    tree.set("proxies", proxies(status.proxies()));
    return tree;
  }

  private static JsonNode proxies(ProxySync proxies) {
    ObjectNode tree =
        JsonNodeFactory.instance
            .objectNode()
            .put("inSync", proxies.inSync())
            .put("behind", proxies.behind())
            .put("rejected", proxies.rejected());
    proxies
        .rejectedBy()
        .forEach(rejected ->
            tree.withArray("rejectedBy")
                .addObject()
                .put("proxy", rejected.proxy())
                .put("resource", rejected.resource())
                .put("message", rejected.message()));
    return tree;
  }

  static void putText(ObjectNode tree, String field, String text) {
    if (!text.isEmpty()) {
      tree.put(field, text);
    }
  }

  static void putPort(ObjectNode tree, String field, int port) {
    if (port != 0) {
      tree.put(field, port);
    }
  }

  static void putTexts(ObjectNode tree, String field, Map<String, String> texts) {
    if (!texts.isEmpty()) {
      ObjectNode map = tree.putObject(field);
      texts.forEach(map::put);
    }
  }
}
