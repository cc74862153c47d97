package io.heddle.control.api.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ObjectStatus;
import io.heddle.control.api.resource.ProxySync;
import io.heddle.control.api.resource.ResourceObject;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * Writes objects as {@link ObjectParser} reads them: apiVersion, kind, metadata, spec, status. What
 * a Secret holds is written by {@link #toStoredJson} alone.
 */
public final class ObjectWriter {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ObjectWriter() {}

  /** The object as a tree; fields without a value are left out. */
  public static ObjectNode toTree(ResourceObject object) {
    return tree(object, false);
  }

  private static ObjectNode tree(ResourceObject object, boolean withSecrets) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("apiVersion", object.apiVersion());
    tree.put("kind", object.kind().kindName());
    tree.set("metadata", metadata(object.metadata()));
    if (object.kind().hasSpec()) {
      tree.set("spec", SpecWriter.toTree(object.spec()));
    } else {
      SpecWriter.plain(tree, object.spec(), withSecrets);
    }
    if (!object.status().equals(ObjectStatus.NONE)) {
      tree.set("status", status(object.status()));
    }
    return tree;
  }

  /** One line of JSON. */
  public static String toJson(ResourceObject object) {
    return json(toTree(object));
  }

  /** One line of JSON with the data of a Secret in it: for a store, and nothing else. */
  public static String toStoredJson(ResourceObject object) {
    return json(tree(object, true));
  }

  private static String json(ObjectNode tree) {
    try {
      return MAPPER.writeValueAsString(tree);
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
    conditions(tree, status.conditions());
    for (ObjectStatus.Part part : status.parts()) {
      switch (part) {
        case ObjectStatus.ListenerPart listener -> {
          ObjectNode item = tree.withArray("listeners").addObject();
          item.put("name", listener.name()).put("attachedRoutes", listener.attachedRoutes());
          for (Kind kind : listener.supportedKinds()) {
            item.withArray("supportedKinds")
                .addObject()
                .put("group", kind.group())
                .put("kind", kind.kindName());
          }
          conditions(item, listener.conditions());
        }
        case ObjectStatus.AncestorPart ancestor -> {
          ObjectNode item = tree.withArray("ancestors").addObject();
          ObjectNode ref = item.putObject("ancestorRef");
          ref.put("group", ancestor.target().kind().group())
              .put("kind", ancestor.target().kind().kindName())
              .put("name", ancestor.target().name());
          putText(ref, "sectionName", ancestor.target().sectionName());
          item.put("controllerName", ObjectStatus.ParentPart.CONTROLLER);
          conditions(item, ancestor.conditions());
        }
        case ObjectStatus.ParentPart parent -> {
          ObjectNode item = tree.withArray("parents").addObject();
          RouteWriter.parent(item.putObject("parentRef"), parent.parent());
          item.put("controllerName", ObjectStatus.ParentPart.CONTROLLER);
          conditions(item, parent.conditions());
        }
      }
    }
    tree.set("proxies", proxies(status.proxies()));
    return tree;
  }

  private static void conditions(ObjectNode tree, List<Condition> conditions) {
    for (Condition condition : conditions) {
      tree.withArray("conditions")
          .addObject()
          .put("type", condition.type())
          .put("status", condition.status().text())
          .put("reason", condition.reason())
          .put("message", condition.message())
          .put("observedGeneration", condition.observedGeneration())
          .put("lastTransitionTime", condition.lastTransitionTime());
    }
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
