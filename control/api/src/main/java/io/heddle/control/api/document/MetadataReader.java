package io.heddle.control.api.document;

import io.heddle.control.api.resource.Calls;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.LocalityWeighting;
import io.heddle.control.api.resource.ObjectMeta;
import java.util.Map;

/** Reads {@code metadata}. */
final class MetadataReader {
  private static final int ANNOTATION_BYTES = 256 * 1024;

  private MetadataReader() {}

  static ObjectMeta read(Kind kind, Fields metadata) {
    String name =
        metadata.requiredText("name", kind == Kind.SERVICE ? Syntax.DNS_LABEL : Syntax.DNS_NAME);
    String namespace = metadata.text("namespace", Syntax.DNS_LABEL);
    Map<String, String> labels =
        metadata.textMap("labels", 256, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    Map<String, String> annotations =
        metadata.textMap("annotations", 1024, Syntax.LABEL_NAME, Syntax.ANY);
    int size = annotations.values().stream().mapToInt(String::length).sum();
    if (size > ANNOTATION_BYTES) {
      metadata.wrong("annotations", size + " characters", "at most " + ANNOTATION_BYTES);
    }
    if (kind == Kind.SERVICE && annotations.containsKey(Calls.ANNOTATION)) {
      // The namespace makes no difference to what is well formed.
      Calls.problem(annotations.getOrDefault(Calls.ANNOTATION, ""))
          .ifPresent(
              wrong -> metadata.wrong("annotations." + Calls.ANNOTATION, wrong, Calls.EXPECTED));
    }
    if (kind == Kind.SERVICE && annotations.containsKey(LocalityWeighting.ANNOTATION)) {
      LocalityWeighting.problem(annotations.getOrDefault(LocalityWeighting.ANNOTATION, ""))
          .ifPresent(wrong ->
              metadata.wrong(
                  "annotations." + LocalityWeighting.ANNOTATION,
                  wrong,
                  LocalityWeighting.EXPECTED));
    }
    String resourceVersion = metadata.text("resourceVersion", Syntax.upTo(128));
    String creationTimestamp = metadata.text("creationTimestamp", Syntax.upTo(64));
    String uid = metadata.text("uid", Syntax.upTo(128));
    int generation = metadata.integer("generation", 0, Integer.MAX_VALUE, 0);
    metadata.notYet("generateName", "ownerReferences", "finalizers");
    metadata.ignore("managedFields");
    metadata.ignore("selfLink");
    metadata.end();
    return new ObjectMeta(
        name,
        namespace.isEmpty() ? ObjectMeta.DEFAULT_NAMESPACE : namespace,
        labels,
        annotations,
        generation,
        resourceVersion,
        creationTimestamp,
        uid);
  }
}
