package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.analysis.Analysis;
import io.heddle.control.api.analysis.Finding;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.control.core.rollout.RefusedException;
import io.heddle.control.core.rollout.Rollouts;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Judges what a write would bring, and writes. For any thread; waits until it is durable.
 *
 * <p>The findings are of the state that the store had just before: of two writes at the same moment
 * neither sees the other.
 */
final class Writes {
  private final Store store;
  private final Registry registry;
  private final Rollouts rollouts;

  Writes(Store store, Registry registry, Rollouts rollouts) {
    this.store = store;
    this.registry = registry;
    this.rollouts = rollouts;
  }

  static ApiError error(RefusedException refused) {
    return ApiError.about(
        ApiError.Code.ROLLOUT, refused.subject(), refused.offending(), refused.expected());
  }

  /** Where an object stands in what the caller sent. */
  record Origin(String file, int line) {
    static final Origin NONE = new Origin("", 0);
  }

  /**
   * All of the mutations or nothing.
   *
   * @param origins where the objects were written, as far as they came in documents
   * @param force whether it is written although something of it is an error
   */
  ApiAnswer write(
      List<Mutation> mutations,
      WriteContext context,
      Map<ObjectKey, Origin> origins,
      boolean force) {
    List<Finding> findings = findings(mutations);
    if (!force && findings.stream().anyMatch(Finding::refuses)) {
      ObjectNode body = ApiAnswer.object();
      ArrayNode errors = body.putArray("errors");
      ArrayNode others = body.putArray("findings");
      for (Finding finding : findings) {
        write(finding, origins, (finding.refuses() ? errors : others).addObject());
      }
      return new ApiAnswer(422, body);
    }
    WriteResult result;
    try {
      result =
          rollouts.writing(
              mutations.stream().map(Mutation::key).toList(),
              guard -> store.write(mutations, context, guard));
    } catch (RefusedException e) {
      return ApiAnswer.error(409, error(e));
    } catch (IllegalArgumentException e) {
      // Such as an old state that would not be taken today.
      return ApiAnswer.error(422, ApiError.of(ApiError.Code.FIELD, String.valueOf(e.getMessage())));
    }
    return switch (result) {
      case WriteResult.Refused refused ->
          ApiAnswer.errors(
              409,
              refused.conflicts().stream()
                  .map(conflict ->
                      ApiError.about(
                          ApiError.Code.CONFLICT,
                          conflict.key().toString(),
                          conflict.offending(),
                          conflict.expected()))
                  .toList());
      case WriteResult.Applied applied -> {
        ObjectNode body = ApiAnswer.object();
        body.put("revision", applied.revision().token()).put("dryRun", applied.dryRun());
        ArrayNode results = body.putArray("results");
        applied.outcomes().forEach(outcome -> result(outcome, applied, results.addObject()));
        ArrayNode list = body.putArray("findings");
        findings.forEach(finding -> write(finding, origins, list.addObject()));
        yield ApiAnswer.ok(body);
      }
    };
  }

  private List<Finding> findings(List<Mutation> mutations) {
    Map<ObjectKey, ResourceObject> before = new TreeMap<>();
    for (ResourceObject object : store.list(Selection.EVERYTHING).objects()) {
      before.put(object.key(), object);
    }
    Map<ObjectKey, ResourceObject> after = new TreeMap<>(before);
    Set<ObjectKey> touched = new TreeSet<>();
    for (Mutation mutation : mutations) {
      touched.add(mutation.key());
      switch (mutation) {
        case Mutation.Put put -> after.put(put.key(), aged(put.object(), before.get(put.key())));
        case Mutation.Delete delete -> after.remove(delete.key());
      }
    }
    return Analysis.ofChange(before, after, touched, registry.instances());
  }

  /** An object keeps its age when it is changed. */
  private static ResourceObject aged(ResourceObject object, @Nullable ResourceObject before) {
    return object.withMetadata(
        object
            .metadata()
            .stored(0, "", before == null ? "" : before.metadata().creationTimestamp(), ""));
  }

  private static void write(Finding finding, Map<ObjectKey, Origin> origins, ObjectNode out) {
    Origin origin = origins.getOrDefault(finding.object(), Origin.NONE);
    FindingJson.write(finding, origin.file(), origin.line(), out);
  }

  private static void result(
      WriteResult.Outcome outcome, WriteResult.Applied applied, ObjectNode out) {
    String action =
        switch (outcome) {
          case WriteResult.Created _ -> "created";
          case WriteResult.Configured _ -> "configured";
          case WriteResult.Unchanged _ -> "unchanged";
          case WriteResult.Deleted _ -> "deleted";
          case WriteResult.NotFound _ -> "unchanged";
        };
    ObjectKey key = outcome.key();
    out.put("kind", key.kind().kindName())
        .put("namespace", key.namespace())
        .put("name", key.name())
        .put("action", action)
        .put(
            "revision",
            outcome
                .object()
                .map(object -> object.metadata().resourceVersion())
                .filter(version -> !version.isEmpty() && !applied.dryRun())
                .orElse(applied.revision().token()));
    if (applied.dryRun()) {
      difference(outcome, out);
    }
  }

  /** What a dry run would change. */
  private static void difference(WriteResult.Outcome outcome, ObjectNode out) {
    switch (outcome) {
      case WriteResult.Created created -> out.set("after", ObjectWriter.toTree(created.now()));
      case WriteResult.Configured changed -> {
        out.set("before", ObjectWriter.toTree(changed.before()));
        out.set("after", ObjectWriter.toTree(changed.now()));
      }
      case WriteResult.Deleted deleted -> out.set("before", ObjectWriter.toTree(deleted.before()));
      case WriteResult.Unchanged _, WriteResult.NotFound _ -> {}
    }
  }
}
